import Crypto
import Document
import Fleet
import Foundation
import Store

/// What the manager keeps of a join token: never the secret, only its SHA-256.
struct JoinTokenRecord: Sendable, Hashable {
  /// The part of the token that names it; no secret.
  var id: String
  /// Lower-case hex SHA-256 of the secret.
  var secretHash: String
  /// The ClusterRegistrationToken it belongs to; its namespace is where clusters join.
  var token: ObjectName
  /// UID of that ClusterRegistrationToken, so that one deleted and made again does not revive the old secret.
  var tokenUID: String
  /// When it stops being accepted; nil for never.
  var expires: Timestamp?
  /// The one client id that may join with it; nil for any.
  var clientID: String?
  /// How many agents may join with it; nil for any number.
  var maxUses: Int?
  /// How many have; counted where there is a `maxUses`.
  var uses = 0
  /// Whoever joins with it has to be approved.
  var requiresApproval = false

  /// What its ClusterRegistrationToken's annotations say.
  var terms: JoinTokenTerms {
    get { JoinTokenTerms(maxUses: maxUses, requiresApproval: requiresApproval) }
    set { (maxUses, requiresApproval) = (newValue.maxUses, newValue.requiresApproval) }
  }

  /// Whether as many agents have joined with it as may.
  var isUsedUp: Bool { maxUses.map { uses >= $0 } ?? false }

  /// Where a record is stored.
  static func key(id: String) -> ObjectKey { ObjectKey(kind: StoredKind.joinTokens, namespace: "", name: id) }

  /// True where the secret is this token's, found out in a time that does not depend on how much of it is right.
  func accepts(secret: String) -> Bool {
    let given = Array(SHA256.hash(data: Data(secret.utf8)).hexText.utf8)
    let expected = Array(secretHash.utf8)
    guard given.count == expected.count else { return false }
    return zip(given, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// The stored form.
  func encoded() -> [UInt8] {
    var object: [String: Value] = [
      "id": .string(id), "secretHash": .string(secretHash), "namespace": .string(token.namespace),
      "name": .string(token.name), "uid": .string(tokenUID),
    ]
    if let expires { object["expires"] = .string(expires.description) }
    if let clientID { object["clientID"] = .string(clientID) }
    if let maxUses { object["maxUses"] = .integer(Int64(maxUses)) }
    if uses > 0 { object["uses"] = .integer(Int64(uses)) }
    if requiresApproval { object["requiresApproval"] = true }
    return JSON.encode(.object(object))
  }

  /// Reads a stored record; nil where a field is missing, which makes the token unusable and nothing else.
  init?(decoding body: [UInt8]) {
    guard let value = try? JSON.parse(body), let id = value["id"]?.string, let hash = value["secretHash"]?.string,
      let namespace = value["namespace"]?.string, let name = value["name"]?.string, let uid = value["uid"]?.string
    else { return nil }
    self.init(
      id: id, secretHash: hash, token: ObjectName(namespace: namespace, name: name), tokenUID: uid,
      expires: value["expires"]?.string.flatMap { Timestamp($0) })
    clientID = value["clientID"]?.string
    maxUses = value["maxUses"]?.integer.map { Int(clamping: $0) }
    uses = value["uses"]?.integer.map { Int(clamping: $0) } ?? 0
    requiresApproval = value["requiresApproval"]?.bool ?? false
  }

  init(id: String, secretHash: String, token: ObjectName, tokenUID: String, expires: Timestamp?) {
    self.id = id
    self.secretHash = secretHash
    self.token = token
    self.tokenUID = tokenUID
    self.expires = expires
  }

  /// A fresh token for a ClusterRegistrationToken: its record, and the secret that only the user's Secret holds.
  static func make(for token: ObjectName, uid: String, expires: Timestamp?) -> (record: JoinTokenRecord, secret: String)
  {
    let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).hexText }
    let id = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0).hexText }
    let hash = SHA256.hash(data: Data(secret.utf8)).hexText
    return (JoinTokenRecord(id: id, secretHash: hash, token: token, tokenUID: uid, expires: expires), secret)
  }
}

extension Sequence<UInt8> {
  /// Lower-case hexadecimal.
  var hexText: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
