import Dispatch
import Foundation

/// A directory that a child may write to: mode 0700, made with this object, and gone with it.
final class ChildDirectory: Sendable {
  /// Its path.
  let path: String

  /// Throws `HelmError` with `other` when it cannot be made.
  init() throws(HelmError) {
    path = FileManager.default.temporaryDirectory.path + "/flotilla-helm-\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw HelmError(code: .other, message: "no directory could be made for Helm at \(path): \(error)", cause: error)
    }
  }

  deinit {
    // Away from Swift's own threads, and from the one that tells of a child's end.
    Self.removals.async { [path] in try? FileManager.default.removeItem(atPath: path) }
  }

  private static let removals = DispatchQueue(label: "flotilla.helm.directories")
}
