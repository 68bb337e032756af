import Document
import Fleet
import Store
import Wire

/// What is written when an agent joins, and when it has to wait.
extension EnrollmentService {
  /// An agent that joins.
  struct Joining: Sendable {
    let clientID: String
    let cluster: ObjectName
    let labels: [String: String]
    /// The name of the token, for those who look it up.
    let token: String
    let key: CurvePublicKey
  }

  /// Makes the agent's Cluster, or takes it up again, in one commit with `writes`.
  ///
  /// - Throws: `StoreError` with `conflict` or `notFound` where a precondition of `writes` does not hold.
  func join(_ joining: Joining, writes: [Write]) async throws {
    let (cluster, now) = (joining.cluster, objects.now())
    let object: Value = [
      "apiVersion": .string(fleetAPIVersion), "kind": "Cluster",
      "metadata": [
        "name": .string(cluster.name), "namespace": .string(cluster.namespace),
        "labels": .object(joining.labels.mapValues { .string($0) }),
      ],
      "spec": ["clientID": .string(joining.clientID)],
    ]
    let record = AgentKeyRecord(cluster: cluster, publicKey: joining.key, enrolled: now.description)
    let keyWrite = Write.put(AgentKeyRecord.key(cluster: cluster), record.encoded())
    let common = writes + [keyWrite, registration(joining, now: now), .delete(PendingRegistration.key(joining.key))]
    let message = "agent joined with key \(joining.key.base64URL) by token \(joining.token)"
    do {
      let (new, made) = newCluster(object, name: cluster, now: now)
      let event = EventRecorder.write(.normal, "AgentJoined", message, about: made, objects: objects)
      try await commit(common + new + [event])
      metrics.count(.joined)
      logger.info("cluster joined", metadata: ["cluster": "\(cluster)", "token": "\(joining.token)"])
      return
    } catch let error as StoreError where error.code == .alreadyExists {
      // Somebody has made the Cluster, or its namespace, before.
    }
    let key = Self.key(of: cluster)
    if try await !objects.createIfAbsent(object, kind: StoredKind.clusters) {
      try await objects.mutate(key) { existing in
        for (name, value) in joining.labels { existing.set(.string(value), at: "metadata", "labels", name) }
        existing.set(.string(joining.clientID), at: "spec", "clientID")
      }
    }
    let about = try await objects.get(key) ?? object
    try await commit(
      common + [EventRecorder.write(.normal, "AgentJoined", message, about: about, objects: objects)])
    metrics.count(.joined)
    logger.info("cluster joined again", metadata: ["cluster": "\(cluster)", "token": "\(joining.token)"])
  }

  /// A Cluster that nobody has heard of, with all that its controller would give it: one wait for the disk instead of three.
  private func newCluster(_ object: Value, name: ObjectName, now: Timestamp) -> ([Write], Value) {
    var cluster = objects.stamped(object)
    ClusterController.settle(&cluster, name: name, at: now)
    let namespace = objects.stamped(ClusterController.namespace(of: name))
    let writes = [(namespace, StoredKind.namespaces), (cluster, StoredKind.clusters)].map { object, kind in
      Write.put(ObjectRepository.key(of: object, kind: kind), ObjectRepository.body(of: object), if: .absent)
    }
    return (writes, cluster)
  }

  /// The ClusterRegistration that records the join; one per cluster, the newest replaces the one before.
  private func registration(_ joining: Joining, now: Timestamp) -> Write {
    let object = registrationObject(
      name: Self.registrationName(joining.clientID), namespace: joining.cluster.namespace, clientID: joining.clientID,
      labels: joining.labels, token: joining.token, key: joining.key,
      status: ["clusterName": .string(joining.cluster.name), "granted": true], now: now)
    return .put(
      ObjectRepository.key(of: object, kind: StoredKind.clusterRegistrations), ObjectRepository.body(of: object))
  }

  private static func registrationName(_ clientID: String) -> String { "request-\(Names.keyHash(clientID))" }

  private func registrationObject(
    name: String, namespace: String, clientID: String, labels: [String: String], token: String, key: CurvePublicKey,
    status: Value, now: Timestamp
  ) -> Value {
    var metadataLabels: [String: Value] = [:]
    if !token.isEmpty { metadataLabels[FleetLabels.registrationToken] = .string(Names.labelValue(token)) }
    return objects.stamped([
      "apiVersion": .string(fleetAPIVersion), "kind": "ClusterRegistration",
      "metadata": [
        "name": .string(name), "namespace": .string(namespace), "labels": .object(metadataLabels),
        "annotations": [PendingRegistration.keyAnnotation: .string(key.base64URL)],
      ],
      "spec": ["clientID": .string(clientID), "clusterLabels": .object(labels.mapValues { .string($0) })],
      "status": status,
    ])
  }

  // Approval.

  /// Has an agent wait for an approval, in one commit with `writes`.
  func wait(
    _ request: EnrollRequest, labels: [String: String], token: JoinTokenRecord?, key: CurvePublicKey, writes: [Write]
  ) async throws -> EnrollResponse {
    let namespace = token?.token.namespace ?? Bootstrap.defaultWorkspace
    let place = ObjectKey(
      kind: StoredKind.clusterRegistrations, namespace: namespace, name: Self.registrationName(request.clientId))
    let stored = try await objects.store.get(place)
    if let stored {
      let earlier = try ObjectRepository.document(of: stored)
      // The first who asks keeps its place: what somebody is about to approve does not become another key's.
      if earlier.at("status", "granted")?.bool == false, PendingRegistration.decision(earlier) != .denied {
        let message =
          "another agent with the client id of this one waits for its approval already, as"
          + " \(namespace)/\(place.name): deny that one first (flotilla agent deny), or set another clientID in the values"
        throw await refusal(
          .permissionDenied, .denied, message: message,
          detail: "another key waits with the client id of \(namespace)/\(place.name)", token: token, key: key)
      }
    }
    let object = registrationObject(
      name: place.name, namespace: namespace, clientID: request.clientId, labels: labels,
      token: token?.token.name ?? "", key: key, status: ["granted": false], now: objects.now())
    let pending = "\(namespace)/\(place.name)"
    let event = EventRecorder.write(
      .normal, "WaitsForApproval",
      "an agent with key \(key.base64URL) waits: flotilla agent approve \(pending), or flotilla agent deny \(pending)",
      about: object, objects: objects)
    try await commit(
      writes + [
        .put(
          place, ObjectRepository.body(of: object), if: stored.map { .revision($0.revision) } ?? .absent),
        PendingRegistration.write(key, registration: place), event,
      ])
    metrics.count(.waiting)
    logger.notice(
      "an agent waits for an approval", metadata: ["registration": "\(pending)", "key": "\(key.base64URL)"])
    return try waiting(pending, request)
  }

  /// What an agent hears that waits for an approval already; nil where the key does not wait.
  func answerToWaiting(_ request: EnrollRequest, key: CurvePublicKey) async throws -> EnrollResponse? {
    let noted = PendingRegistration.key(key)
    guard let stored = try await objects.store.get(noted), let place = PendingRegistration.registration(stored) else {
      return nil
    }
    guard let registration = try await objects.get(place), PendingRegistration.isOf(key, registration) else {
      // Somebody has deleted it, or its place was taken: the agent may ask anew, with a token.
      _ = try await objects.store.commit([.delete(noted)])
      return nil
    }
    let pending = "\(place.namespace)/\(place.name)"
    switch PendingRegistration.decision(registration) {
    case .none: return try waiting(pending, request)
    case .denied:
      metrics.count(.denied)
      throw RPCError(
        .permissionDenied,
        "the registration \(pending) was denied; whoever runs the manager can approve it after all, or delete it so that"
          + " you can ask again")
    case .approved:
      let spec = try ClusterRegistration(registration).spec
      let name =
        try await existingCluster(spec.clientID, place.namespace)
        ?? ObjectName(namespace: place.namespace, name: Names.registeredCluster(clientID: spec.clientID))
      if let cluster = try await objects.get(Self.key(of: name)), Revocation.reason(cluster) != nil {
        throw RPCError(.permissionDenied, "the cluster \(name) is revoked")
      }
      var labels = spec.clusterLabels
      labels[FleetLabels.cluster] = Names.labelValue(name.name)
      let token = registration.at("metadata", "labels", FleetLabels.registrationToken)?.string ?? ""
      try await join(
        Joining(clientID: spec.clientID, cluster: name, labels: labels, token: token, key: key), writes: [])
      return EnrollResponse(clusterNamespace: name.namespace, clusterName: name.name)
    }
  }

  private func waiting(_ pending: String, _ request: EnrollRequest) throws -> EnrollResponse {
    guard request.acceptsWaiting else {
      throw RPCError(
        .failedPrecondition,
        "the registration \(pending) waits for an approval on the manager: flotilla agent approve \(pending)")
    }
    return EnrollResponse(pending: pending)
  }
}
