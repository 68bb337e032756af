import CZeroMQ

/// The secret half of a CURVE key pair. Its text appears in no description, mirror or error.
public struct CurveSecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let bytes: [UInt8]

  /// The key of these 40 characters of Z85. Throws `WireError` with code `invalidKey`, without the text.
  public init(z85: String) throws(WireError) {
    guard let bytes = Z85.decodeKey(z85) else {
      throw WireError(.invalidKey, "not a CURVE secret key: Z85 of 40 characters is wanted")
    }
    self.bytes = bytes
  }

  /// The key itself as Z85, for storing it. Never to be logged.
  public func revealZ85() -> String { Z85.encode(bytes) }
  /// Says that there is a key, not which.
  public var description: String { "CurveSecretKey(hidden)" }
  /// Says that there is a key, not which.
  public var debugDescription: String { description }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A CURVE key pair.
public struct CurveKeyPair: Sendable {
  /// What others know this side by.
  public let publicKey: CurvePublicKey
  /// What this side proves it with.
  public let secretKey: CurveSecretKey

  /// The pair of a secret key. Throws `WireError` with code `invalidKey` where libzmq derives no public key.
  public init(secretKey: CurveSecretKey) throws(WireError) {
    var text = [CChar](repeating: 0, count: 41)
    guard zmq_curve_public(&text, secretKey.revealZ85()) == 0 else {
      throw WireError(.invalidKey, "no public key can be derived from this secret key")
    }
    self.secretKey = secretKey
    publicKey = try CurvePublicKey(z85: Self.text(text))
  }

  /// A new random pair. Throws `WireError` with code `system` where libzmq was built without CURVE.
  public static func generate() throws(WireError) -> CurveKeyPair {
    var publicText = [CChar](repeating: 0, count: 41)
    var secretText = [CChar](repeating: 0, count: 41)
    guard zmq_curve_keypair(&publicText, &secretText) == 0 else {
      throw WireError(.system, "libzmq makes no CURVE keys: \(SystemCall.zmqMessage()); install one with libsodium")
    }
    return try CurveKeyPair(secretKey: CurveSecretKey(z85: text(secretText)))
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
