import Document
import Fleet
import HelmEngine
import Logging
import ServiceLifecycle
import Store

/// Brings the agent to clusters that come with a kubeconfig (fleet-behaviour §6.3): performs what ``ImportPlan`` says, one step
/// after another, and tells how it went in the Cluster's condition `Imported`.
struct ImportController: Service {
  static let condition = "Imported"
  /// Names the one client id that may join with a token.
  static let clientAnnotation = "flotilla.io/client-id"

  let objects: ObjectRepository
  /// What agents connect to, once the bus is bound.
  let endpoints: @Sendable () async throws -> [String]
  /// The agents' image; nil leaves it to the chart.
  let image: AgentImage?
  let logger: Logger
  private let helmWorker: HelmWorkerCommand
  private let index = ImportIndex()

  init(
    objects: ObjectRepository, endpoints: @escaping @Sendable () async throws -> [String], image: AgentImage?,
    helmWorker: HelmWorkerCommand, logger: Logger
  ) {
    self.objects = objects
    self.endpoints = endpoints
    self.image = image
    self.helmWorker = helmWorker
    self.logger = logger
  }

  func run() async throws {
    let queue = WorkQueue<ObjectName>()
    let follower = StoreFollower(
      store: objects.store, kinds: [StoredKind.clusters, StoredKind.secrets, StoredKind.agentKeys], logger: logger)
    try await runController(
      follower, queue: queue, workers: Limits.importWorkers, reconcile: { try await reconcile($0) },
      change: { changes in
        for change in changes {
          for name in await index.take(change) { await queue.add(name) }
        }
      })
  }

  private func reconcile(_ name: ObjectName) async throws -> Duration? {
    while true {
      try Task.checkCancellation()
      guard let facts = try await facts(name) else {
        try await objects.delete(ImportRecord.key(cluster: name))
        return nil
      }
      switch ImportPlan.next(facts, now: objects.now()) {
      case .none(let dropsRecord):
        if dropsRecord { try await objects.delete(ImportRecord.key(cluster: name)) }
        return nil
      case .refuse(let reason, let message):
        try await tell(name, ImportFailure(reason: reason, message: message))
        return nil
      case .assignClientID:
        try await objects.mutate(key(name)) {
          if $0.at("spec", "clientID")?.string?.isEmpty ?? true {
            $0.set(.string(UUIDText.make()), at: "spec", "clientID")
          }
        }
      case .makeToken(let replacing):
        if replacing { try await objects.delete(tokenKey(name)) }
        try await makeToken(name, for: facts.cluster)
      case .awaitToken: return Limits.importPoll
      case .install(let request):
        if let wait = try await install(request, name: name, cluster: facts.cluster) { return wait }
      case .dropToken: try await objects.delete(tokenKey(name))
      }
    }
  }

  /// Installs, and says how it went; a wait where that was not well.
  private func install(_ request: ImportRequest, name: ObjectName, cluster: Cluster) async throws -> Duration? {
    do {
      try await AgentInstaller(helmWorker: helmWorker, logger: logger).install(request)
    } catch {
      try await tell(name, error)
      let wait = await index.failed(name)
      logger.warning(
        "an agent could not be installed; it is tried again",
        metadata: ["cluster": "\(name)", "error": "\(error.message)", "wait": "\(wait)"])
      return wait
    }
    await index.succeeded(name)
    _ = try await objects.store.commit([.put(ImportRecord.key(cluster: name), request.record.encoded())])
    let now = objects.now()
    try await objects.mutate(key(name)) { object in
      for (field, value) in Self.status(cluster.spec, request) { object.set(value, at: "status", field) }
      var conditions = Conditions(object.at("status", "conditions"))
      conditions.set(Self.condition, true, at: now)
      object.set(conditions.value, at: "status", "conditions")
    }
    return nil
  }

  /// What Fleet notes of an installation, under its names.
  private static func status(_ spec: ClusterSpec, _ request: ImportRequest) -> [String: Value] {
    var status: [String: Value] = [
      "agentDeployedGeneration": .integer(spec.redeployAgentGeneration),
      "agentPrivateRepoURL": .string(spec.other["privateRepoURL"]?.string ?? ""),
      "agentHostNetwork": .bool(spec.other["hostNetwork"]?.bool ?? false),
      "apiServerURL": .string(request.record.endpoints.first ?? ""),
    ]
    for (field, hash) in [
      "agentEnvVars": "agentEnvVarsHash", "agentAffinity": "agentAffinityHash", "agentResources": "agentResourcesHash",
      "agentTolerations": "agentTolerationsHash",
      "agentSchedulingCustomization": "agentSchedulingCustomizationHash",
    ] {
      status[hash] = spec.other[field].map { .string(Digests.sha256Hex(JSON.string($0))) }
    }
    return status
  }

  private func tell(_ name: ObjectName, _ failure: ImportFailure) async throws {
    let now = objects.now()
    try await objects.mutate(key(name)) {
      var conditions = Conditions($0.at("status", "conditions"))
      if conditions.set(Self.condition, false, reason: failure.reason, message: failure.message, at: now) {
        $0.set(conditions.value, at: "status", "conditions")
      }
    }
  }

  private func makeToken(_ name: ObjectName, for cluster: Cluster) async throws {
    let key = tokenKey(name)
    _ = try await objects.createIfAbsent(
      [
        "apiVersion": .string(fleetAPIVersion), "kind": "ClusterRegistrationToken",
        "metadata": [
          "name": .string(key.name), "namespace": .string(key.namespace),
          "labels": [FleetLabels.managed: "true"],
          "annotations": [Self.clientAnnotation: .string(cluster.spec.clientID)],
          "ownerReferences": [
            [
              "apiVersion": .string(fleetAPIVersion), "kind": "Cluster", "name": .string(name.name),
              "uid": .string(cluster.metadata.uid), "controller": true,
            ]
          ],
        ],
        "spec": ["ttl": .string(ImportPlan.tokenTTL)],
      ], kind: StoredKind.clusterRegistrationTokens)
  }

  /// What there is of a Cluster; nil where it is gone or about to go.
  private func facts(_ name: ObjectName) async throws -> ImportFacts? {
    guard let object = try await objects.get(key(name)), object.at("metadata", "deletionTimestamp") == nil else {
      return nil
    }
    let cluster = try Cluster(object)
    let secretName = ImportPlan.secretName(of: cluster)
    let tokenKey = tokenKey(name)
    let token = try await objects.get(tokenKey).map { try ClusterRegistrationToken($0) }
    let values = try await objects.get(
      ObjectKey(kind: StoredKind.secrets, namespace: tokenKey.namespace, name: tokenKey.name))
    let record = try await objects.store.get(ImportRecord.key(cluster: name))
    let joined = try await objects.store.get(AgentKeyRecord.key(cluster: name))
    return ImportFacts(
      cluster: cluster,
      secret: secretName.name.isEmpty
        ? nil
        : try await objects.get(
          ObjectKey(kind: StoredKind.secrets, namespace: secretName.namespace, name: secretName.name)),
      token: token, registration: Self.registration(values, of: token),
      record: record.flatMap { ImportRecord(decoding: $0.body) },
      joined: joined.flatMap(AgentKeyRecord.init(decoding:)).flatMap { Timestamp($0.enrolled) },
      endpoints: try await endpoints(), image: image)
  }

  /// What a token's Secret holds; nil while it is not there, or that of a token before of the same name.
  private static func registration(_ secret: Value?, of token: ClusterRegistrationToken?) -> RegistrationValues? {
    guard let token, let secret, let text = secret.at("data", "values")?.string, let bytes = Base64.decode(text),
      secret.at("metadata", "ownerReferences")?.array?.first?["uid"]?.string == token.metadata.uid
    else { return nil }
    return try? RegistrationValues(parsing: bytes, file: "Secret \(token.metadata.name)")
  }

  private func key(_ name: ObjectName) -> ObjectKey {
    ObjectKey(kind: StoredKind.clusters, namespace: name.namespace, name: name.name)
  }

  private func tokenKey(_ name: ObjectName) -> ObjectKey {
    ObjectKey(
      kind: StoredKind.clusterRegistrationTokens, namespace: name.namespace,
      name: ImportPlan.tokenName(cluster: name.name))
  }
}
