import Fleet

/// Digests of the files and blobs in the state directory.
enum Checksum {
  /// SHA-256 as 64 hexadecimal digits.
  static func sha256Hex(_ bytes: [UInt8]) -> String { Digests.sha256Hex(bytes) }

  /// A digest as the bus names it: `sha256:` and 64 hexadecimal digits.
  static func digest(of bytes: [UInt8]) -> String { "sha256:" + sha256Hex(bytes) }

  /// The hexadecimal part of a digest in the bus's form; nil when it is no such digest, so that it never names a file
  /// outside the blobs' directory.
  static func hex(of digest: String) -> String? {
    guard digest.hasPrefix("sha256:") else { return nil }
    let hex = digest.utf8.dropFirst("sha256:".utf8.count)
    let isHex = hex.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    guard hex.count == 64, isHex else { return nil }
    return String(decoding: hex, as: UTF8.self)
  }
}
