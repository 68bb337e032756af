import Document
import Fleet
import Logging
import Store
import Synchronization
import Wire

/// `Enrollment.Enroll`: makes a Cluster of an agent that holds a valid token, and remembers its key.
///
/// One enrolment at a time of each client id, so that two agents that race for it get one cluster; the newest key wins. Those of
/// different ones go side by side, and to disk together; of those that race for a counted token the commit lets in as many as
/// it is for.
actor EnrollmentService {
  let objects: ObjectRepository
  let admissions: KeyAdmissions
  let metrics: TrustMetrics
  let logger: Logger
  /// The cluster of a namespace that has this client id already.
  private let existing: @Sendable (_ clientID: String, _ namespace: String) async throws -> ObjectName?
  /// The key that the manager is going to have, if it is being changed.
  private let nextManagerKey: CurvePublicKey?
  private let requiresApproval: Bool
  /// The last enrolment under way of a client id.
  private var tails: [String: Task<Void, Never>] = [:]
  private var limiter = EnrollmentLimiter(now: .now)

  init(
    objects: ObjectRepository, admissions: KeyAdmissions, metrics: TrustMetrics, nextManagerKey: CurvePublicKey? = nil,
    requiresApproval: Bool = false,
    existing: @escaping @Sendable (_ clientID: String, _ namespace: String) async throws -> ObjectName?, logger: Logger
  ) {
    self.objects = objects
    self.admissions = admissions
    self.metrics = metrics
    self.nextManagerKey = nextManagerKey
    self.requiresApproval = requiresApproval
    self.existing = existing
    self.logger = logger
  }

  /// Answers one request of an authenticated, not necessarily known key.
  func enroll(_ request: EnrollRequest, context: RPCContext) async throws -> EnrollResponse {
    let key = context.peer
    if case .wait(let isFirst) = limiter.attempt(key, now: .now) {
      metrics.count(.limited)
      if isFirst {
        logger.warning(
          "too many wrong registration tokens: nobody can enrol for some seconds; agents that have joined do not notice",
          metadata: ["key": "\(key)"])
      }
      let refusal = RPCError(
        .resourceExhausted, "too many enrolments have failed; the manager looks at no token for some seconds")
      context.channel.close(refusal)
      throw refusal
    }
    let before = tails[request.clientId]
    let task = Task {
      await before?.value
      return try await self.enrollAlone(request, key: key)
    }
    let tail = Task { _ = try? await task.value }
    tails[request.clientId] = tail
    defer { if tails[request.clientId] == tail { tails[request.clientId] = nil } }
    do {
      var response = try await task.value
      response.timeMs = UInt64(max(0, objects.now().seconds)) * 1000
      response.nextManagerKey = nextManagerKey?.bytes ?? []
      return response
    } catch let refusal as Refusal {
      if refusal.outcome == .wrongToken, limiter.failed(key, now: .now) { context.channel.close(refusal.error) }
      throw refusal.error
    }
  }

  /// Enrols the manager's own agent, which needs no token.
  func enrollLocal(cluster: ObjectName, key: CurvePublicKey) async throws {
    let record = AgentKeyRecord(cluster: cluster, publicKey: key, enrolled: objects.now().description)
    try await commit([.put(AgentKeyRecord.key(cluster: cluster), record.encoded())])
  }

  /// An attempt that is refused, and as what it is counted.
  struct Refusal: Error {
    let outcome: TrustMetrics.Enrollment
    let error: RPCError
  }

  private func enrollAlone(_ request: EnrollRequest, key: CurvePublicKey) async throws -> EnrollResponse {
    for _ in 0..<Limits.conflictRetries {
      do {
        return try await attempt(request, key: key)
      } catch let error as StoreError where error.code == .conflict || error.code == .notFound {
        // Somebody else has used the token, or it has changed: it is looked at anew.
        continue
      }
    }
    throw RPCError(.aborted, "many agents use this registration token at the same time; try again")
  }

  private func attempt(_ request: EnrollRequest, key: CurvePublicKey) async throws -> EnrollResponse {
    let own = admissions.cluster(of: key)
    if let own, try await clientID(of: own) == request.clientId {
      // It has joined, and the answer was lost: that uses nothing up.
      metrics.count(.again)
      return EnrollResponse(clusterNamespace: own.namespace, clusterName: own.name)
    }
    if let answer = try await answerToWaiting(request, key: key) { return answer }
    let stored = try await objects.store.get(JoinTokenRecord.key(id: request.tokenId))
    let token = stored.flatMap { JoinTokenRecord(decoding: $0.body) }
    var found = EnrollmentPolicy.Existing()
    if let token {
      found.cluster = try await existing(request.clientId, token.token.namespace)
      let name =
        found.cluster
        ?? ObjectName(namespace: token.token.namespace, name: Names.registeredCluster(clientID: request.clientId))
      found.revocation = try await objects.get(Self.key(of: name)).flatMap(Revocation.reason)
    }
    let decision = EnrollmentPolicy.decide(
      request, token: token, existing: found, caller: own, requiresApproval: requiresApproval, now: objects.now())
    var use: [Write] = []
    if let stored, var used = token, used.maxUses != nil {
      used.uses += 1
      use = [.put(stored.key, used.encoded(), if: .revision(stored.revision))]
    }
    switch decision {
    case .refuse(let code, let outcome, let message, let detail):
      throw await refusal(code, outcome, message: message, detail: detail, token: token, key: key)
    case .wait(let labels):
      return try await wait(request, labels: labels, token: token, key: key, writes: use)
    case .join(let cluster, let labels):
      let joining = Joining(
        clientID: request.clientId, cluster: cluster, labels: labels, token: token?.token.name ?? "", key: key)
      try await join(joining, writes: use)
      return EnrollResponse(clusterNamespace: cluster.namespace, clusterName: cluster.name)
    }
  }

  /// The cluster of a namespace that has this client id already.
  func existingCluster(_ clientID: String, _ namespace: String) async throws -> ObjectName? {
    try await existing(clientID, namespace)
  }

  private func clientID(of cluster: ObjectName) async throws -> String? {
    try await objects.get(Self.key(of: cluster))?.at("spec", "clientID")?.string
  }

  static func key(of cluster: ObjectName) -> ObjectKey {
    ObjectKey(kind: StoredKind.clusters, namespace: cluster.namespace, name: cluster.name)
  }

  /// Writes, and lets in whom the writes let in.
  func commit(_ writes: [Write]) async throws {
    admissions.committed(writes, try await objects.store.commit(writes))
  }

  /// Notes a refusal where people look for it, and makes its error.
  func refusal(
    _ code: StatusCode, _ outcome: TrustMetrics.Enrollment, message: String, detail: String, token: JoinTokenRecord?,
    key: CurvePublicKey
  ) async -> Refusal {
    metrics.count(outcome)
    logger.warning("an agent was refused", metadata: ["reason": "\(detail)", "key": "\(key.z85)"])
    var about: Value = [
      "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Bootstrap.systemNamespace)],
    ]
    do {
      if let token {
        let name = token.token
        let key = ObjectKey(
          kind: StoredKind.clusterRegistrationTokens, namespace: name.namespace, name: name.name)
        about = try await objects.get(key) ?? about
      }
      let text =
        token == nil ? "an agent with an unknown registration token was refused" : "an agent was refused: \(detail)"
      try await EventRecorder(objects: objects).record(.warning, "JoinRefused", text, about: about)
    } catch {
      logger.warning("a refusal cannot be noted as an Event", metadata: ["error": "\(error)"])
    }
    return Refusal(outcome: outcome, error: RPCError(code, message))
  }
}
