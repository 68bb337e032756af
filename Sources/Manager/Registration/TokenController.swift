import Document
import Fleet
import Logging
import ServiceLifecycle
import Store
import Wire

/// Makes the Secret of every ClusterRegistrationToken and ends tokens when their time is up (fleet-behaviour §6.2).
///
/// The Secret is the only place with the token itself; the manager keeps a hash. Deleting the token, or its Secret, revokes
/// what was handed out.
struct TokenController: Service {
  static let secretType = "fleet.cattle.io/cluster-registration-values"

  let objects: ObjectRepository
  /// What agents connect to, once the bus is bound.
  let endpoints: @Sendable () async throws -> [String]
  let managerKeys: ManagerKeys
  let logger: Logger

  func run() async throws {
    let queue = WorkQueue<ObjectName>()
    let follower = StoreFollower(
      store: objects.store, kinds: [StoredKind.clusterRegistrationTokens, StoredKind.secrets, StoredKind.joinTokens],
      logger: logger)
    try await runController(
      follower, queue: queue, workers: 1, reconcile: { try await reconcile($0) },
      change: { changes in
        for change in changes { if let name = Self.token(of: change) { await queue.add(name) } }
      })
  }

  /// The token that a change may leave something to do for: of a record, the one that it was used for.
  private static func token(of change: ObjectChange) -> ObjectName? {
    guard change.key.kind == StoredKind.joinTokens else {
      return ObjectName(namespace: change.key.namespace, name: change.key.name)
    }
    return change.object.flatMap { JoinTokenRecord(decoding: $0.body) }?.token
  }

  private func reconcile(_ name: ObjectName) async throws -> Duration? {
    let key = ObjectKey(kind: StoredKind.clusterRegistrationTokens, namespace: name.namespace, name: name.name)
    let secretKey = ObjectKey(kind: StoredKind.secrets, namespace: name.namespace, name: name.name)
    let records = try await records(of: name)
    let secret = try await objects.get(secretKey)
    guard let object = try await objects.get(key) else {
      var writes = records.map { Write.delete(JoinTokenRecord.key(id: $0.id)) }
      if let secret, secret["type"]?.string == Self.secretType { writes.append(.delete(secretKey)) }
      if !writes.isEmpty {
        _ = try await objects.store.commit(writes)
        logger.info("registration token is gone; what was handed out no longer joins", metadata: ["token": "\(name)"])
      }
      return nil
    }
    let token = try ClusterRegistrationToken(object)
    if let expires = token.expires, expires <= objects.now() {
      logger.info("registration token expired", metadata: ["token": "\(name)"])
      try await objects.delete(key)
      return nil
    }
    let current = records.first { $0.tokenUID == token.metadata.uid }
    if let secret, secret["type"]?.string != Self.secretType {
      try await setReady(
        key, error: "a Secret \(name) of type \(secret["type"]?.string ?? "Opaque") is in the way; delete or rename it")
      return nil
    }
    let terms: JoinTokenTerms
    switch JoinTokenTerms.read(object) {
    case .success(let read): terms = read
    case .failure(let error):
      // Nobody joins by terms that nobody can have meant.
      let writes = records.map { Write.delete(JoinTokenRecord.key(id: $0.id)) }
      if !writes.isEmpty { _ = try await objects.store.commit(writes) }
      try await setReady(key, error: error.message)
      return token.expires.map { .seconds(max(1, $0.seconds - objects.now().seconds)) }
    }
    if let current, let secret, current.expires == token.expires {
      if current.terms != terms { try await renew(current.id, terms: terms) }
      try await renewKeys(in: secret, key: secretKey)
    } else {
      try await issue(
        token, terms: terms, uses: current?.uses ?? 0, name: name, secretKey: secretKey, replacing: records)
    }
    let uses = try await self.records(of: name).first { $0.tokenUID == token.metadata.uid }?.uses ?? 0
    try await objects.mutate(key) {
      $0.set(.string(name.name), at: "status", "secretName")
      $0.set(token.expires.map { .string($0.description) }, at: "status", "expires")
      $0.set(terms.maxUses.map { .integer(Int64($0)) }, at: "status", "maxUses")
      $0.set(terms.maxUses == nil ? nil : .integer(Int64(uses)), at: "status", "uses")
      var conditions = Conditions($0.at("status", "conditions"))
      guard conditions["Ready"] != nil else { return }
      conditions.remove("Ready")
      $0.set(conditions.value, at: "status", "conditions")
    }
    return token.expires.map { .seconds(max(1, $0.seconds - objects.now().seconds)) }
  }

  private func records(of token: ObjectName) async throws -> [JoinTokenRecord] {
    try await objects.store.list(kind: StoredKind.joinTokens).objects
      .compactMap { JoinTokenRecord(decoding: $0.body) }.filter { $0.token == token }
  }

  /// Gives a token that was handed out other terms; who has used it stays counted.
  private func renew(_ id: String, terms: JoinTokenTerms) async throws {
    let key = JoinTokenRecord.key(id: id)
    guard let stored = try await objects.store.get(key), var record = JoinTokenRecord(decoding: stored.body) else {
      return
    }
    record.terms = terms
    _ = try await objects.store.commit([.put(key, record.encoded(), if: .revision(stored.revision))])
  }

  /// Puts the manager's keys of now into a Secret; the token's own secret stays what was handed out.
  private func renewKeys(in secret: Value, key: ObjectKey) async throws {
    guard let text = secret.at("data", "values")?.string, let bytes = Base64.decode(text),
      var values = try? RegistrationValues(parsing: bytes, file: "\(key)")
    else { return }
    let next = managerKeys.next?.base64URL ?? ""
    guard values.token.managerPublicKey != managerKeys.current.base64URL || values.nextManagerPublicKey != next else {
      return
    }
    values.token = try JoinToken(
      managerPublicKey: managerKeys.current.base64URL, id: values.token.id, secret: values.token.secret)
    values.nextManagerPublicKey = next
    let renewed = Base64.encode(Array(values.yaml.utf8))
    try await objects.mutate(key) { $0.set(.string(renewed), at: "data", "values") }
  }

  /// Makes a fresh token, and the Secret with it, in one commit that also ends the old ones.
  private func issue(
    _ token: ClusterRegistrationToken, terms: JoinTokenTerms, uses: Int, name: ObjectName, secretKey: ObjectKey,
    replacing: [JoinTokenRecord]
  ) async throws {
    var (record, secret) = JoinTokenRecord.make(for: name, uid: token.metadata.uid, expires: token.expires)
    record.clientID = token.metadata.annotations[ImportController.clientAnnotation]
    record.terms = terms
    record.uses = uses
    let join = try JoinToken(managerPublicKey: managerKeys.current.base64URL, id: record.id, secret: secret)
    var values = RegistrationValues(
      managerEndpoints: try await endpoints(), token: join, clusterNamespace: name.namespace, tokenName: name.name)
    values.nextManagerPublicKey = managerKeys.next?.base64URL ?? ""
    let document: Value = [
      "apiVersion": "v1", "kind": "Secret", "type": .string(Self.secretType),
      "metadata": [
        "name": .string(name.name), "namespace": .string(name.namespace),
        "uid": .string(UUIDText.make()), "creationTimestamp": .string(objects.now().description),
        "labels": [FleetLabels.managed: "true"],
        "ownerReferences": [
          [
            "apiVersion": .string(fleetAPIVersion), "kind": "ClusterRegistrationToken", "name": .string(name.name),
            "uid": .string(token.metadata.uid), "controller": true,
          ]
        ],
      ],
      "data": ["values": .string(Base64.encode(Array(values.yaml.utf8)))],
    ]
    var writes = replacing.map { Write.delete(JoinTokenRecord.key(id: $0.id)) }
    writes.append(.put(JoinTokenRecord.key(id: record.id), record.encoded()))
    writes.append(.put(secretKey, ObjectRepository.body(of: document)))
    _ = try await objects.store.commit(writes)
    logger.info("registration token issued", metadata: ["token": "\(name)", "secret": "\(name)"])
  }

  private func setReady(_ key: ObjectKey, error: String) async throws {
    let now = objects.now()
    try await objects.mutate(key) {
      var conditions = Conditions($0.at("status", "conditions"))
      if conditions.set("Ready", false, reason: "Error", message: error, at: now) {
        $0.set(conditions.value, at: "status", "conditions")
      }
    }
  }
}
