import ArgumentParser
import Document
import Fleet
import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Files that a verb is given, and standard input.
enum DocumentInput {
  /// Bytes of one input: a Content holds a whole bundle.
  static let limit = 256 << 20

  /// The bytes of a file, or of standard input for `-`.
  ///
  /// - Parameter option: the option that names it, for messages.
  static func bytes(_ path: String, option: String, limit: Int = limit) throws -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ValidationError("\(option): cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { if path != "-" { close(descriptor) } }
    if path == "-", isatty(STDIN_FILENO) == 1 {
      Notices.warn("\(option) -: reading from the terminal; end with Ctrl-D")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw ValidationError("\(option): cannot read \(path): \(String(cString: strerror(errno)))")
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limit else {
        throw CommandError("\(option): \(path) is longer than \(limit) bytes")
      }
    }
  }

  /// A file's text without the line break at its end, such as a password's.
  static func secret(_ path: String, option: String) throws -> String {
    let bytes = try bytes(path, option: option, limit: 1 << 20)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError("\(option): \(path) is not UTF-8 text")
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// The objects of a YAML or JSON stream, lists taken apart.
  static func objects(_ path: String, option: String) throws -> [Value] {
    let name = path == "-" ? "standard input" : path
    let documents = try YAML.parse(
      try bytes(path, option: option), file: name, limits: DocumentLimits(bytes: limit, nodes: 16_000_000))
    return documents.flatMap { ManifestObjects.flatten($0) }
  }

  /// The Bundles of a stream.
  static func bundles(_ path: String, option: String) throws -> [Fleet.Bundle] {
    let objects = try objects(path, option: option)
    let bundles = try objects.filter { ObjectIdentity(of: $0).group == FleetKind.group && $0["kind"] == "Bundle" }
      .map { try Fleet.Bundle($0) }
    guard !bundles.isEmpty else {
      throw CommandError(
        "\(option): \(path) holds no Bundle of \(fleetAPIVersion); `flotilla apply NAME -o -` prints some")
    }
    for bundle in bundles where bundle.metadata.name.isEmpty {
      throw CommandError("\(option): \(path) holds a Bundle without metadata.name")
    }
    return bundles
  }
}
