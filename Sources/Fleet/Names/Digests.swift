import Crypto

/// Lower-case hexadecimal digests, as names and ids use them.
public enum Digests {
  /// SHA-256 of bytes as 64 hexadecimal digits.
  public static func sha256Hex(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hex(hash.finalize())
  }

  /// SHA-256 of a text's UTF-8 as 64 hexadecimal digits.
  public static func sha256Hex(_ text: String) -> String { sha256Hex(Array(text.utf8)) }

  /// SHA-1 of a text's UTF-8 as 40 hexadecimal digits; only where a name's definition asks for it.
  static func sha1Hex(_ text: String) -> String {
    var hash = Insecure.SHA1()
    Array(text.utf8).withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hex(hash.finalize())
  }

  /// MD5 of a text's UTF-8 as 32 hexadecimal digits; only where a name's definition asks for it.
  static func md5Hex(_ text: String) -> String {
    var hash = Insecure.MD5()
    Array(text.utf8).withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hex(hash.finalize())
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
