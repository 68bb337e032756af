import Document
import Fleet
import Logging
import Store
import Wire

/// `Enrollment.Enroll`: makes a Cluster of an agent that holds a valid token, and remembers its key.
///
/// One enrolment at a time of each client id, so that two agents that race for it get one cluster; the newest key wins. Those of
/// different ones go side by side, and to disk together.
actor EnrollmentService {
  private let objects: ObjectRepository
  private let directory: KeyDirectory
  /// The cluster of a namespace that has this client id already.
  private let existing: @Sendable (_ clientID: String, _ namespace: String) async -> ObjectName?
  private let logger: Logger
  /// The last enrolment under way of a client id.
  private var tails: [String: Task<Void, Never>] = [:]

  init(
    objects: ObjectRepository, directory: KeyDirectory,
    existing: @escaping @Sendable (_ clientID: String, _ namespace: String) async -> ObjectName?, logger: Logger
  ) {
    self.objects = objects
    self.directory = directory
    self.existing = existing
    self.logger = logger
  }

  /// Answers one request of an authenticated, not necessarily known key.
  func enroll(_ request: EnrollRequest, key: CurvePublicKey) async throws -> EnrollResponse {
    let before = tails[request.clientId]
    let task = Task {
      await before?.value
      return try await self.enrollAlone(request, key: key)
    }
    let tail = Task { _ = try? await task.value }
    tails[request.clientId] = tail
    defer { if tails[request.clientId] == tail { tails[request.clientId] = nil } }
    return try await task.value
  }

  /// Enrols the manager's own agent, which needs no token.
  func enrollLocal(cluster: ObjectName, key: CurvePublicKey) async throws {
    try await admit(AgentKeyRecord(cluster: cluster, publicKey: key, enrolled: objects.now().description), extra: [])
  }

  private func enrollAlone(_ request: EnrollRequest, key: CurvePublicKey) async throws -> EnrollResponse {
    let stored = try await objects.store.get(JoinTokenRecord.key(id: request.tokenId))
    let token = stored.flatMap { JoinTokenRecord(decoding: $0.body) }
    let known = if let token { await existing(request.clientId, token.token.namespace) } else { ObjectName?.none }
    switch EnrollmentPolicy.decide(request, token: token, existing: known, now: objects.now()) {
    case .refuse(let code, let message, let detail):
      logger.warning("an agent was refused", metadata: ["reason": "\(detail)", "key": "\(key.z85)"])
      throw RPCError(code, message)
    case .join(let cluster, let labels):
      try await join(request, cluster: cluster, labels: labels, token: token, key: key)
      return EnrollResponse(clusterNamespace: cluster.namespace, clusterName: cluster.name)
    }
  }

  private func join(
    _ request: EnrollRequest, cluster: ObjectName, labels: [String: String], token: JoinTokenRecord?,
    key: CurvePublicKey
  ) async throws {
    let clusterKey = ObjectKey(kind: StoredKind.clusters, namespace: cluster.namespace, name: cluster.name)
    let object: Value = [
      "apiVersion": .string(fleetAPIVersion), "kind": "Cluster",
      "metadata": [
        "name": .string(cluster.name), "namespace": .string(cluster.namespace),
        "labels": .object(labels.mapValues { .string($0) }),
      ],
      "spec": ["clientID": .string(request.clientId)],
    ]
    let now = objects.now()
    let record = AgentKeyRecord(cluster: cluster, publicKey: key, enrolled: now.description)
    let registration = registration(request, cluster: cluster, labels: labels, token: token, now: now)
    do {
      try await admit(record, extra: newCluster(object, name: cluster, now: now) + [registration])
      logger.info("cluster joined", metadata: ["cluster": "\(cluster)", "token": "\(token?.token.name ?? "")"])
      return
    } catch let error as StoreError where error.code == .alreadyExists {
      // Somebody has made the Cluster, or its namespace, before.
    }
    if try await !objects.createIfAbsent(object, kind: StoredKind.clusters) {
      try await objects.mutate(clusterKey) { existing in
        for (name, value) in labels { existing.set(.string(value), at: "metadata", "labels", name) }
        existing.set(.string(request.clientId), at: "spec", "clientID")
      }
    }
    try await admit(record, extra: [registration])
    logger.info("cluster joined again", metadata: ["cluster": "\(cluster)", "token": "\(token?.token.name ?? "")"])
  }

  /// A Cluster that nobody has heard of, with all that its controller would give it: one wait for the disk instead of three.
  private func newCluster(_ object: Value, name: ObjectName, now: Timestamp) -> [Write] {
    var cluster = objects.stamped(object)
    ClusterController.settle(&cluster, name: name, at: now)
    let namespace = objects.stamped(ClusterController.namespace(of: name))
    return [(namespace, StoredKind.namespaces), (cluster, StoredKind.clusters)].map { object, kind in
      .put(ObjectRepository.key(of: object, kind: kind), ObjectRepository.body(of: object), if: .absent)
    }
  }

  private func admit(_ record: AgentKeyRecord, extra: [Write]) async throws {
    _ = try await objects.store.commit([.put(AgentKeyRecord.key(cluster: record.cluster), record.encoded())] + extra)
    // The follower does the same a moment later; the agent may ask for its session before that.
    directory.set(record.publicKey, identity: record.cluster.description)
  }

  /// The ClusterRegistration that records the join; one per cluster, the newest replaces the one before.
  private func registration(
    _ request: EnrollRequest, cluster: ObjectName, labels: [String: String], token: JoinTokenRecord?, now: Timestamp
  ) -> Write {
    let name = "request-\(Names.keyHash(request.clientId))"
    var metadataLabels: [String: Value] = [:]
    if let token { metadataLabels["fleet.cattle.io/registration-token"] = .string(Names.labelValue(token.token.name)) }
    let object: Value = [
      "apiVersion": .string(fleetAPIVersion), "kind": "ClusterRegistration",
      "metadata": [
        "name": .string(name), "namespace": .string(cluster.namespace), "labels": .object(metadataLabels),
        "uid": .string(UUIDText.make()), "creationTimestamp": .string(now.description), "generation": 1,
      ],
      "spec": [
        "clientID": .string(request.clientId), "clusterLabels": .object(labels.mapValues { .string($0) }),
      ],
      "status": ["clusterName": .string(cluster.name), "granted": true],
    ]
    return .put(
      ObjectKey(kind: StoredKind.clusterRegistrations, namespace: cluster.namespace, name: name),
      ObjectRepository.body(of: object))
  }
}
