import Foundation

/// Directories that tests write in.
public enum TemporaryDirectory {
  /// Makes a new directory, which the caller removes, and returns its path.
  public static func make(_ name: String) throws -> String {
    let path = URL(filePath: NSTemporaryDirectory()).appending(path: "flotilla-\(name)-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}

/// Runs the body with a new directory, and removes it afterwards.
public func withTemporaryDirectory<Result>(
  _ name: String = "test", isolation: isolated (any Actor)? = #isolation,
  _ body: (String) async throws -> Result
) async throws -> Result {
  let directory = try TemporaryDirectory.make(name)
  defer { try? FileManager.default.removeItem(atPath: directory) }
  return try await body(directory)
}
