import Foundation

/// A real git repository: a bare one that the manager reads, and a checkout that the test commits in.
struct GitRepository: Sendable {
  let bare: String
  let checkout: String
  /// What a GitRepo's `repo` names.
  var url: String { "file://" + bare }

  init(_ name: String) async throws {
    let base = try Places.directory("repositories")
    bare = "\(base)/\(name).git"
    checkout = "\(base)/\(name)"
    try await command(["git", "init", "--quiet", "--bare", "--initial-branch=master", bare]).checked()
    try await command(["git", "init", "--quiet", "--initial-branch=master", checkout]).checked()
    for (key, value) in [
      ("user.name", "test"), ("user.email", "test@example.com"), ("commit.gpgsign", "false"),
    ] { try await git("config", key, value) }
    try await git("remote", "add", "origin", bare)
  }

  /// A repository that holds the project's examples.
  static func examples(_ name: String) async throws -> GitRepository {
    let repository = try await GitRepository(name)
    try await command(["cp", "-r", Places.root + "/examples/.", repository.checkout]).checked()
    try await repository.commit("The examples")
    return repository
  }

  /// Writes files, commits everything and pushes; returns the commit.
  @discardableResult
  func push(_ files: [String: String], message: String = "A change") async throws -> String {
    for (path, text) in files {
      let file = URL(fileURLWithPath: checkout + "/" + path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return try await commit(message)
  }

  @discardableResult
  func commit(_ message: String) async throws -> String {
    try await git("add", "--all")
    try await git("commit", "--quiet", "--message", message)
    try await git("push", "--quiet", "origin", "master")
    return try await git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @discardableResult
  private func git(_ arguments: String...) async throws -> String {
    try await command(["git", "-C", checkout] + arguments).checked()
  }
}
