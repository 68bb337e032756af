/// A CURVE (Curve25519) public key: who somebody on the bus is.
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The key of these 32 bytes. Throws `WireError` with code `invalidKey` for any other number.
  public init(bytes: [UInt8]) throws(WireError) {
    guard bytes.count == 32 else {
      throw WireError(.invalidKey, "a CURVE public key has 32 bytes, not \(bytes.count)")
    }
    words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
  }

  /// The key of these 40 characters of Z85. Throws `WireError` with code `invalidKey`.
  public init(z85: String) throws(WireError) {
    guard let bytes = Z85.decodeKey(z85) else {
      throw WireError(.invalidKey, "not a CURVE public key: Z85 of 40 characters is wanted")
    }
    try self.init(bytes: bytes)
  }

  /// The key of these 43 characters of base64url without padding. Throws `WireError` with code `invalidKey`.
  public init(base64URL: String) throws(WireError) {
    guard let bytes = Base64URL.decode(base64URL), bytes.count == 32 else {
      throw WireError(.invalidKey, "not a CURVE public key: base64url of 43 characters is wanted")
    }
    try self.init(bytes: bytes)
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
  /// 40 characters of Z85, ZeroMQ's own form.
  public var z85: String { Z85.encode(bytes) }
  /// 43 characters of base64url without padding, fit for tokens and names of files.
  public var base64URL: String { Base64URL.encode(bytes) }
  /// The Z85 form.
  public var description: String { z85 }

  /// Equal when all 32 bytes are.
  public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  /// Hashes all 32 bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
