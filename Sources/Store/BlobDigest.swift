import Crypto

/// The SHA-256 of a blob's bytes, which is also its name.
public struct BlobDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 64 lowercase hexadecimal digits.
  public let hex: String

  /// The digest of these bytes.
  public init(of bytes: some Sequence<UInt8>) {
    var hash = SHA256()
    if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
      hash.update(data: Array(bytes))
    }
    self.init(digest: hash.finalize())
  }

  /// A digest from its text; nil unless `hex` is exactly 64 lowercase hexadecimal digits.
  public init?(hex: String) {
    let isHex = hex.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard hex.utf8.count == 64, isHex else { return nil }
    self.hex = hex
  }

  init(digest: SHA256.Digest) {
    let digits = Array("0123456789abcdef".utf8)
    self.hex = String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The hexadecimal text.
  public var description: String { hex }

  /// By the hexadecimal text.
  public static func < (left: BlobDigest, right: BlobDigest) -> Bool { left.hex < right.hex }
}
