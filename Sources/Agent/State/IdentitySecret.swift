import Document
import Fleet
import Logging
import Wire

/// The agent's key and enrolment, kept in a Secret of its own namespace besides the state directory: a pod whose state went
/// with its node comes back as the same cluster without a token.
///
/// The Secret is made by whoever installs the agent; the agent reads and fills it, and needs no right to make Secrets.
actor IdentitySecret {
  private static let keyField = "agent.key"
  /// Since when the agent has the key, in RFC 3339: a pod that is new does not make the key young.
  private static let sinceField = "agent.key.since"
  private static let nextKeyField = "agent.key.next"
  private static let enrollmentField = "enrollment"
  /// The id of the token that was in the values, which is no secret: another one in new values is a wish to join anew.
  private static let tokenField = "token-id"

  let identity: ObjectIdentity
  let cluster: any ClusterAPI
  /// The id of the values' token; empty where there is none.
  let tokenID: String
  let logger: Logger

  /// What the Secret is known to hold.
  private var written: Kept?
  /// The last write under way; each waits for the one before, so that none puts older keys in the place of newer ones.
  private var writing: Task<Void, any Error>?

  init(name: String, namespace: String, cluster: any ClusterAPI, tokenID: String, logger: Logger) {
    identity = ObjectIdentity(apiVersion: "v1", kind: "Secret", namespace: namespace, name: name)
    self.cluster = cluster
    self.tokenID = tokenID
    self.logger = logger
  }

  /// Fills a state directory that has no enrolment from the Secret, if that has one. Waits for the API server: without it
  /// nobody can say whether the agent has joined before.
  func restore(to state: AgentState) async throws {
    guard state.enrollment == nil else { return }
    var problem = ""
    while true {
      do {
        guard let kept = Self.read(try await cluster.object(identity)) else { return }
        guard tokenID.isEmpty || kept.tokenID == tokenID else {
          logger.notice("the values have another token than the one that the kept key joined with: joining anew")
          return
        }
        try await state.restore(kept.keys, enrollment: kept.enrollment)
        logger.info("took the key from Secret \(identity.namespace)/\(identity.name)")
        return
      } catch let error as DeploymentFailure {
        if "\(error)" != problem {
          logger.warning("the Secret with the agent's key cannot be read: \(error); trying on")
        }
        problem = "\(error)"
      }
      try await Task.sleep(for: AgentLimits.identityInterval.first)
    }
  }

  /// Keeps the Secret like the state directory, until the task is cancelled.
  func keep(_ state: AgentState) async {
    var problem = ""
    while !Task.isCancelled {
      var pause = AgentLimits.identityInterval.last
      do {
        try await write(state)
        problem = ""
      } catch {
        if Task.isCancelled { return }
        if "\(error)" != problem { logger.warning("the agent's key cannot be kept in a Secret: \(error); trying on") }
        problem = "\(error)"
        pause = AgentLimits.identityInterval.first
      }
      guard (try? await Task.sleep(for: pause)) != nil else { return }
    }
  }

  /// Makes the Secret like the state directory; on return it is.
  func write(_ state: AgentState) async throws {
    let before = writing
    let task = Task {
      _ = await before?.result
      try await self.writeAlone(state)
    }
    writing = task
    try await task.value
  }

  private func writeAlone(_ state: AgentState) async throws {
    let keys = try await state.keyFiles()
    guard keys.current != nil, let enrollment = state.enrollment else { return }
    let current = Kept(keys: keys, enrollment: enrollment, tokenID: tokenID)
    guard current != written else { return }
    try await write(current)
    written = current
  }

  private func write(_ kept: Kept) async throws {
    guard let current = try await cluster.object(identity) else {
      throw AgentError(
        .cluster,
        "there is no Secret \(identity.namespace)/\(identity.name): make it with kubectl create secret generic -n"
          + " \(identity.namespace) \(identity.name)")
    }
    guard Self.read(current) != kept else { return }
    func field(_ bytes: [UInt8]?) -> Value { bytes.map { .string(Base64.encode($0)) } ?? .null }
    try await cluster.mergePatch(
      identity,
      [
        "data": [
          Self.keyField: field(kept.keys.current),
          Self.sinceField: field(kept.keys.since.map { Array($0.description.utf8) }),
          Self.nextKeyField: field(kept.keys.next),
          Self.enrollmentField: field(JSON.encode(kept.enrollment.value)),
          Self.tokenField: field(Array(kept.tokenID.utf8)),
        ]
      ])
    logger.info("the agent's key is kept in Secret \(identity.namespace)/\(identity.name)")
  }

  private struct Kept: Sendable, Equatable {
    var keys: AgentState.KeyFiles
    var enrollment: EnrollmentRecord
    var tokenID: String
  }

  /// What a Secret holds; nil where that is no identity.
  private static func read(_ secret: Value?) -> Kept? {
    func field(_ name: String) -> [UInt8]? { secret?.at("data", name)?.string.flatMap { Base64.decode($0) } }
    guard let key = field(keyField), !key.isEmpty, let bytes = field(enrollmentField),
      let value = try? JSON.parse(bytes), let enrollment = EnrollmentRecord(value)
    else { return nil }
    let since = field(sinceField).flatMap { Timestamp(String(decoding: $0, as: UTF8.self)) }
    return Kept(
      keys: AgentState.KeyFiles(current: key, since: since, next: field(nextKeyField)), enrollment: enrollment,
      tokenID: String(decoding: field(tokenField) ?? [], as: UTF8.self))
  }
}

/// Keeps an agent's keys in its state directory and in a Secret.
struct SecretKeyKeeper: KeyKeeper {
  let state: AgentState
  let secret: IdentitySecret

  /// In the Secret too, before the manager knows the key: from then on it may be the only one that works.
  func keep(next pair: CurveKeyPair) async throws {
    try await state.keep(next: pair)
    try await secret.write(state)
  }

  /// The Secret has both keys, and follows by itself.
  func adoptNext() async throws { try await state.adoptNext() }

  func keyAge() async throws -> Duration { try await state.keyAge() }

  /// As ``adoptNext()``: the manager is known by either of its keys for a while.
  func save(_ enrollment: EnrollmentRecord) async throws { try await state.save(enrollment) }
}
