import Document
import Fleet
import Logging
import Store
import Wire

/// `Enrollment.Enroll`: makes a Cluster of an agent that holds a valid token, and remembers its key.
///
/// One enrolment at a time, so that two agents that race for one client id get one cluster; the newest key wins.
actor EnrollmentService {
  private let objects: ObjectRepository
  private let directory: KeyDirectory
  /// The cluster of a namespace that has this client id already.
  private let existing: @Sendable (_ clientID: String, _ namespace: String) async -> ObjectName?
  private let logger: Logger
  private var tail: Task<Void, Never>?

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
    let before = tail
    let task = Task {
      await before?.value
      return try await self.enrollAlone(request, key: key)
    }
    tail = Task { _ = try? await task.value }
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
    if try await objects.createIfAbsent(object, kind: StoredKind.clusters) {
      logger.info("cluster joined", metadata: ["cluster": "\(cluster)", "token": "\(token?.token.name ?? "")"])
    } else {
      try await objects.mutate(clusterKey) { existing in
        for (name, value) in labels { existing.set(.string(value), at: "metadata", "labels", name) }
        existing.set(.string(request.clientId), at: "spec", "clientID")
      }
      logger.info("cluster joined again", metadata: ["cluster": "\(cluster)", "token": "\(token?.token.name ?? "")"])
    }
    let now = objects.now()
    let record = AgentKeyRecord(cluster: cluster, publicKey: key, enrolled: now.description)
    try await admit(record, extra: [registration(request, cluster: cluster, labels: labels, token: token, now: now)])
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
