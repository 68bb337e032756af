import Store
import Wire

/// Which keys are let in, which are refused: what the stored keys of agents say, all taken together. A value without I/O.
///
/// Changes come in the store's order from its watch, and the same ones earlier from whoever has just written them. What is
/// older than what is known of an object says nothing.
struct KeyRoster: Sendable {
  /// What becomes of a key.
  enum Standing: Sendable, Hashable {
    /// Let in as this cluster.
    case admitted(ObjectName)
    /// Refused for ever.
    case revoked
    /// Nobody's.
    case unknown
  }

  /// A key whose standing has changed.
  struct Verdict: Sendable, Hashable {
    let key: CurvePublicKey
    let standing: Standing
  }

  private enum Claim: Sendable, Hashable {
    case agent(ObjectName)
    case revoked
  }

  private struct Entry: Sendable {
    var revision: UInt64
    var claims: [CurvePublicKey: Claim]
  }

  private var entries: [ObjectKey: Entry] = [:]
  /// What the objects say of each key: one of them nearly always.
  private var claims: [CurvePublicKey: [ObjectKey: Claim]] = [:]
  /// How far the watch has come.
  private var followed: UInt64 = 0

  /// Takes in a change from the store's watch or listing.
  mutating func follow(_ change: ObjectChange) -> [Verdict] {
    followed = max(followed, change.revision.value)
    return take(change)
  }

  /// Takes in a change that this process has just made; one that the watch has brought already says nothing.
  mutating func anticipate(_ change: ObjectChange) -> [Verdict] {
    change.revision.value > followed ? take(change) : []
  }

  /// What is said of a key: a revocation outweighs everything, and of two clusters that claim it the newer has it.
  func standing(_ key: CurvePublicKey) -> Standing {
    guard let claims = claims[key] else { return .unknown }
    if claims.values.contains(.revoked) { return .revoked }
    let newest = claims.keys.max { (entries[$0]?.revision ?? 0) < (entries[$1]?.revision ?? 0) }
    guard let newest, case .agent(let cluster)? = claims[newest] else { return .unknown }
    return .admitted(cluster)
  }

  private mutating func take(_ change: ObjectChange) -> [Verdict] {
    if let known = entries[change.key], known.revision > change.revision.value { return [] }
    let new = change.object.map(Self.claims) ?? [:]
    let touched = Set((entries[change.key]?.claims ?? [:]).keys).union(new.keys)
    let before = Dictionary(uniqueKeysWithValues: touched.map { ($0, standing($0)) })
    entries[change.key] = change.object == nil ? nil : Entry(revision: change.revision.value, claims: new)
    for key in touched {
      claims[key, default: [:]][change.key] = new[key]
      if claims[key]?.isEmpty == true { claims[key] = nil }
    }
    return touched.compactMap { key in
      let now = standing(key)
      return now == before[key] ? nil : Verdict(key: key, standing: now)
    }
  }

  private static func claims(_ stored: StoredObject) -> [CurvePublicKey: Claim] {
    if stored.key.kind == StoredKind.revokedKeys {
      return RevokedKeyRecord.publicKey(stored).map { [$0: .revoked] } ?? [:]
    }
    guard let record = AgentKeyRecord(decoding: stored) else { return [:] }
    let claim: Claim = record.revoked.isEmpty ? .agent(record.cluster) : .revoked
    return Dictionary(record.keys.map { ($0, claim) }) { first, _ in first }
  }
}
