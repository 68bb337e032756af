import Document
import Foundation
import struct TestSupport.Command

/// The real kubectl, with one kubeconfig and no flag that a user would not give.
struct Kubectl: Sendable {
  let kubeconfig: String

  /// Runs kubectl and returns what came of it, failed or not.
  func run(_ arguments: [String], input: String? = nil) async throws -> Command.Outcome {
    try await command(["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input).run()
  }

  /// What kubectl prints; throws with its errors when it fails.
  @discardableResult
  func callAsFunction(_ arguments: String..., input: String? = nil) async throws -> String {
    try await callAsFunction(arguments, input: input)
  }

  @discardableResult
  func callAsFunction(_ arguments: [String], input: String? = nil) async throws -> String {
    try await command(["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input).checked()
  }

  func apply(_ yaml: String) async throws {
    try await command(["kubectl", "--kubeconfig", kubeconfig, "apply", "-f", "-"], input: yaml).checked()
  }

  /// An object or list as `-o json` prints it.
  func get(_ arguments: String...) async throws -> Value {
    let all = ["kubectl", "--kubeconfig", kubeconfig, "get", "-o", "json"] + arguments
    return try JSON.parse(Array(try await command(all).checked().utf8))
  }

  /// The table that `kubectl get` prints without `-o`.
  func table(_ arguments: String...) async throws -> Table {
    Table(try await command(["kubectl", "--kubeconfig", kubeconfig, "get"] + arguments).checked())
  }

  /// Whether the object is there; throws when kubectl fails for another reason than that.
  func has(_ arguments: String...) async throws -> Bool {
    let all = ["kubectl", "--kubeconfig", kubeconfig, "get", "--ignore-not-found", "-o", "name"] + arguments
    return !(try await command(all).checked()).isEmpty
  }
}

/// What kubectl prints for people: a line of headings, and rows whose cells begin below them.
struct Table: CustomStringConvertible {
  let columns: [String]
  let rows: [[String: String]]
  let description: String

  init(_ text: String) {
    description = text
    var lines = text.split(separator: "\n").map { Array($0) }
    guard !lines.isEmpty else {
      columns = []
      rows = []
      return
    }
    let heading = lines.removeFirst()
    var starts: [Int] = []
    for index in heading.indices where heading[index] != " " && (index == 0 || heading[index - 1] == " ") {
      starts.append(index)
    }
    let cut = { (line: [Character], index: Int) -> String in
      let start = starts[index]
      let end = index + 1 < starts.count ? min(starts[index + 1], line.count) : line.count
      return start < end ? String(line[start..<end]).trimmingCharacters(in: .whitespaces) : ""
    }
    let names = starts.indices.map { cut(heading, $0) }
    columns = names
    rows = lines.map { line in
      Dictionary(uniqueKeysWithValues: starts.indices.map { (names[$0], cut(line, $0)) })
    }
  }
}
