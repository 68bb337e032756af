/// A file that a kustomization may use.
public struct KustomizeFile: Sendable, Hashable {
  /// The path relative to the root of all files, with `/` between its parts and without `.` or `..`.
  public var path: String
  /// The contents.
  public var bytes: [UInt8]

  /// A file.
  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  /// Hashes the bytes at one go: an array's own way takes each for itself.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(path)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
