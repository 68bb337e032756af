import Dispatch
import Foundation

/// A directory that only this user can enter, for one build.
struct PrivateDirectory: Sendable {
  let path: String

  /// Makes a new one, and writes the files below its `bundle`. Blocks: to be called through ``blocking(_:)``.
  static func make(_ files: [KustomizeFile]) throws -> PrivateDirectory {
    // As the kernel sees it: a rule of Landlock is for what a link leads to, and messages are to be freed of the name.
    let parent = URL(filePath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
    var template = Array("\(parent)/flotilla-kustomize-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: parent])
    }
    let directory = PrivateDirectory(path: String(cString: made))
    do {
      let manager = FileManager.default
      try manager.createDirectory(atPath: directory.root, withIntermediateDirectories: false)
      var known: Set = [""]
      for file in files {
        let parent = Path.directory(file.path)
        if known.insert(parent).inserted {
          try manager.createDirectory(atPath: "\(directory.root)/\(parent)", withIntermediateDirectories: true)
        }
        try Data(file.bytes).write(to: URL(filePath: "\(directory.root)/\(file.path)"))
      }
      return directory
    } catch {
      directory.remove()
      throw error
    }
  }

  /// The root of the files.
  var root: String { path + "/bundle" }

  /// Removes it with all that it holds. Blocks.
  func remove() {
    // What cannot be removed now is in the system's temporary directory, where it is removed some day.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Performs a body that blocks on a thread that may be blocked.
  static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
