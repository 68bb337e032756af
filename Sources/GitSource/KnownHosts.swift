import Crypto
import Foundation

/// SSH servers to trust, as OpenSSH's `known_hosts` lists them: plain and hashed names, `[host]:port`, `*` and `?`, `!`,
/// `@revoked`. Lines of `@cert-authority` are ignored, as are those that cannot be read.
struct KnownHosts {
  /// What the list says about a key.
  enum Verdict: Equatable {
    case known
    case revoked
    /// The server is listed with another key of the same kind.
    case changed
    /// The server is listed with keys of other kinds alone.
    case otherKinds([String])
    case unknown
  }

  private struct Line {
    let isRevoked: Bool
    let names: String
    let kind: String
    let key: Data
  }

  private let lines: [Line]

  init(_ text: String) {
    lines = text.split(whereSeparator: \.isNewline).compactMap { line in
      var fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard let first = fields.first, !first.hasPrefix("#"), first != "@cert-authority" else { return nil }
      let isRevoked = first == "@revoked"
      if isRevoked { fields.removeFirst() }
      guard fields.count >= 3, let key = Data(base64Encoded: fields[2]) else { return nil }
      return Line(isRevoked: isRevoked, names: fields[0], kind: fields[1], key: key)
    }
  }

  /// Judges the key that a server presents, in SSH's wire format.
  func verdict(host: String, port: Int, key: Data) -> Verdict {
    let host = host.lowercased()
    let names = port == 22 ? [host, "[\(host)]:22"] : ["[\(host)]:\(port)"]
    let matching = lines.filter { line in names.contains { Self.matches(line.names, $0) } }
    if matching.contains(where: { $0.isRevoked && $0.key == key }) { return .revoked }
    let trusted = matching.filter { !$0.isRevoked }
    if trusted.contains(where: { $0.key == key }) { return .known }
    if trusted.isEmpty { return .unknown }
    let kind = Self.kind(of: key)
    return trusted.contains { $0.kind == kind } ? .changed : .otherKinds(Set(trusted.map(\.kind)).sorted())
  }

  /// The name at the beginning of a key in wire format, such as `ssh-ed25519`.
  static func kind(of key: Data) -> String {
    let bytes = [UInt8](key)
    guard bytes.count > 4 else { return "unknown" }
    let length = bytes[0..<4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - 4 else { return "unknown" }
    return String(decoding: bytes[4..<4 + length], as: UTF8.self)
  }

  /// As `ssh-keygen -lf` shows it.
  static func fingerprint(of key: Data) -> String {
    let digest = Data(SHA256.hash(data: key)).base64EncodedString()
    return "SHA256:" + digest.prefix { $0 != "=" }
  }

  private static func matches(_ patterns: String, _ name: String) -> Bool {
    if patterns.hasPrefix("|1|") { return matchesHash(patterns, name) }
    var isMatch = false
    for pattern in patterns.split(separator: ",") {
      let isNegated = pattern.hasPrefix("!")
      let glob = Array((isNegated ? pattern.dropFirst() : pattern).lowercased().utf8)
      guard matches(glob[...], Array(name.utf8)[...]) else { continue }
      if isNegated { return false }
      isMatch = true
    }
    return isMatch
  }

  private static func matchesHash(_ text: String, _ name: String) -> Bool {
    let parts = text.split(separator: "|")
    guard parts.count == 3, let salt = Data(base64Encoded: String(parts[1])),
      let hash = Data(base64Encoded: String(parts[2]))
    else { return false }
    let mac = HMAC<Insecure.SHA1>.authenticationCode(for: Data(name.utf8), using: SymmetricKey(data: salt))
    return Data(mac) == hash
  }

  /// `*` is any text, `?` any one byte. Goes back to the last star only, so the time is bounded by the product of the lengths.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    var (pattern, name) = (pattern, name)
    var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
    while true {
      if pattern.first == UInt8(ascii: "*") {
        pattern = pattern.dropFirst()
        retry = (pattern, name)
      } else if let byte = name.first, pattern.first == byte || pattern.first == UInt8(ascii: "?") {
        (pattern, name) = (pattern.dropFirst(), name.dropFirst())
      } else if name.isEmpty, pattern.isEmpty {
        return true
      } else if let last = retry, !last.name.isEmpty {
        retry = (last.pattern, last.name.dropFirst())
        (pattern, name) = (last.pattern, last.name.dropFirst())
      } else {
        return false
      }
    }
  }
}
