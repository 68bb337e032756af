import Crypto

/// A peer's ZeroMQ routing id: 'F', 15 bytes of the SHA-256 of its public key, and 8 random bytes.
///
/// The id is chosen by the peer and CURVE does not cover it. The first part lets the server refuse an id that is not of the
/// authenticated key; the random part keeps others from guessing a live id and pushing its owner out (ROUTER_HANDOVER). It
/// never begins with a zero byte, which libzmq keeps for ids of its own.
struct RoutingID: Hashable {
  static let byteCount = 24
  private let words: (UInt64, UInt64, UInt64)

  /// The id in a received part; nil where it has not the form.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount, bytes[0] == UInt8(ascii: "F") else { return nil }
    words = bytes.loadUnaligned(as: (UInt64, UInt64, UInt64).self)
  }

  /// A new id for a key.
  init(of key: CurvePublicKey) {
    var bytes = Self.prefix(of: key)
    for _ in 0..<8 { bytes.append(.random(in: .min ... .max)) }
    words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64).self) }
  }

  var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

  /// Whether a peer with this key may use the id.
  func belongs(to key: CurvePublicKey) -> Bool { bytes.starts(with: Self.prefix(of: key)) }

  private static func prefix(of key: CurvePublicKey) -> [UInt8] {
    [UInt8(ascii: "F")] + SHA256.hash(data: key.bytes).prefix(15)
  }

  static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
  }
}
