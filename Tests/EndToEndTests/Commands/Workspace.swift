import Document
import Foundation
import struct TestSupport.Command
import enum TestSupport.TemporaryDirectory

/// A directory of the user's, and `flotilla` run in it as at a prompt: no kubeconfig, no configuration, a home of its own.
struct Workspace: Sendable {
  let path: String

  /// Runs a test's body in a directory with these files, and removes it afterwards.
  static func with(
    _ files: [String: String] = [:], _ body: (Workspace) async throws -> Void
  ) async throws {
    let workspace = Workspace(path: try TemporaryDirectory.make("workspace"))
    defer { try? FileManager.default.removeItem(atPath: workspace.path) }
    try workspace.write(files)
    try await body(workspace)
  }

  /// Writes files; their directories are made.
  func write(_ files: [String: String]) throws {
    for (name, text) in files {
      let file = URL(filePath: path + "/" + name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

  /// Runs `flotilla`, successful or not.
  func flotilla(
    _ arguments: [String], in directory: String = "", input: String? = nil, environment: [String: String] = [:]
  ) async throws -> Command.Outcome {
    let own = ["HOME": path + "/.home", "COMMIT": "", "NAMESPACE": "", "TERM": "xterm"]
    var flotilla = command(
      [Places.flotilla] + arguments, input: input,
      environment: own.merging(try await HelmLibrary.environment()) { $1 }.merging(environment) { $1 })
    flotilla.directory = directory.isEmpty ? path : path + "/" + directory
    return try await flotilla.run(within: .seconds(120))
  }

  /// Runs `flotilla` and returns what it prints; throws with its errors where it fails.
  func checked(_ arguments: String..., in directory: String = "", input: String? = nil) async throws -> String {
    let outcome = try await flotilla(arguments, in: directory, input: input)
    guard outcome.status == 0 else {
      throw Command.Failure("flotilla \(arguments) ended with \(outcome.status): \(outcome.errors)\(outcome.output)")
    }
    return outcome.output
  }

  /// The objects of a YAML stream that `flotilla` prints.
  func objects(_ arguments: String..., in directory: String = "", input: String? = nil) async throws -> [Value] {
    let outcome = try await flotilla(arguments, in: directory, input: input)
    guard outcome.status == 0 else {
      throw Command.Failure("flotilla \(arguments) ended with \(outcome.status): \(outcome.errors)\(outcome.output)")
    }
    return try YAML.parse(outcome.output)
  }

  /// Runs git here.
  @discardableResult
  func git(_ arguments: String..., in directory: String = "") async throws -> String {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    let place = directory.isEmpty ? path : path + "/" + directory
    return try await command(["git", "-C", place] + identity + arguments).checked()
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension Value {
  /// An object's name.
  var name: String { at("metadata", "name")?.string ?? "" }
}
