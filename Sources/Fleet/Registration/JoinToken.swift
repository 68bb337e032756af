/// A join token: everything an agent needs to prove itself once, and to know the manager before it says anything.
///
/// Its text is `flotilla1.<manager's public key>.<token id>.<secret>`; key and secret are base64url without padding. The
/// secret shows in ``text`` alone, never in descriptions.
public struct JoinToken: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  /// What every token begins with; the number is the form's version.
  public static let prefix = "flotilla1"

  /// The manager's CURVE public key, base64url of 32 bytes.
  public let managerPublicKey: String
  /// The token's id: the name of its ClusterRegistrationToken's record on the manager.
  public let id: String
  /// The token's secret; at least 16 characters.
  public let secret: String

  /// A token.
  ///
  /// - Throws: ``FleetError`` with code `invalidRegistration` when a part has the wrong form.
  public init(managerPublicKey: String, id: String, secret: String) throws(FleetError) {
    guard JoinToken.isKey(managerPublicKey) else {
      throw JoinToken.invalid("its second part must be the manager's public key, 43 characters of base64url")
    }
    guard !id.isEmpty, id.utf8.count <= 253, id.utf8.allSatisfy(JoinToken.isBase64URL) else {
      throw JoinToken.invalid("its third part must be the token's id, of letters, digits, '-' and '_'")
    }
    guard secret.utf8.count >= 16, secret.utf8.count <= 512, secret.utf8.allSatisfy(JoinToken.isBase64URL) else {
      throw JoinToken.invalid("its fourth part must be the secret, at least 16 characters of base64url")
    }
    self.managerPublicKey = managerPublicKey
    self.id = id
    self.secret = secret
  }

  /// Reads a token's text; white space around it does not count.
  ///
  /// - Throws: ``FleetError`` with code `invalidRegistration`; the message never repeats the token.
  public init(_ text: String) throws(FleetError) {
    guard text.utf8.count <= Limits.registrationBytes else { throw JoinToken.invalid("it is too long") }
    let trimmed = text.drop(while: \.isWhitespace)
    let parts = String(String(trimmed.reversed().drop(while: \.isWhitespace)).reversed())
      .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.first == JoinToken.prefix else {
      if parts.first?.hasPrefix("flotilla") == true, parts.count > 1 {
        throw JoinToken.invalid(
          "it is of the form \(parts[0].prefix(20)), and this agent knows \(JoinToken.prefix) only")
      }
      throw JoinToken.invalid("it does not begin with \(JoinToken.prefix).")
    }
    guard parts.count == 4 else {
      throw JoinToken.invalid("it has \(parts.count) parts between dots and not 4; copy the whole token")
    }
    try self.init(managerPublicKey: parts[1], id: parts[2], secret: parts[3])
  }

  /// The token as it is handed to an agent.
  public var text: String { "\(JoinToken.prefix).\(managerPublicKey).\(id).\(secret)" }

  /// The token without its secret.
  public var description: String { "\(JoinToken.prefix).\(managerPublicKey).\(id).(secret)" }
  /// The token without its secret.
  public var debugDescription: String { description }

  /// Whether a text is base64url of 32 bytes without padding.
  static func isKey(_ text: String) -> Bool {
    // The last of 43 characters carries four bits of the key, so its two lowest bits are zero.
    guard text.utf8.count == 43, text.utf8.allSatisfy(isBase64URL), let last = text.last else { return false }
    return "AEIMQUYcgkosw048".contains(last)
  }

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func invalid(_ reason: String) -> FleetError {
    FleetError(
      .invalidRegistration,
      "the join token cannot be used: \(reason); take it from the Secret of a"
        + " ClusterRegistrationToken", key: "token")
  }
}
