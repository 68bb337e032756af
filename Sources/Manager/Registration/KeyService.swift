import Document
import Fleet
import Logging
import Store
import Wire

/// `Keys`: has enrolled agents change their keys, and notes which of them know the manager's next one.
///
/// From `announce` to `activate` both keys of an agent are let in. The old one goes when the new one has proved itself in a
/// handshake, so that an agent which fails on its way still has a key that works.
struct KeyService: Sendable {
  let objects: ObjectRepository
  let admissions: KeyAdmissions
  let metrics: TrustMetrics
  let logger: Logger

  /// The caller is going to use another key.
  func announce(_ request: KeyChange, context: RPCContext) async throws -> KeyChange {
    guard let next = try? CurvePublicKey(bytes: request.publicKey) else {
      throw RPCError(.invalidArgument, "a public key has 32 bytes, not \(request.publicKey.count)")
    }
    try await change(context) { record, cluster in
      if record.next == next { return }
      guard record.publicKey == context.peer, next != context.peer else {
        throw RPCError(.failedPrecondition, "this key is not the one that speaks for \(cluster)")
      }
      guard admissions.cluster(of: next) == nil else {
        metrics.count(.foreignKey)
        throw RPCError(.permissionDenied, "the announced key cannot be used; make another one")
      }
      record.next = next
    }
    return KeyChange()
  }

  /// The caller's key is the announced one, and takes the place of the one before, whose connection is cut.
  func activate(_ request: KeyChange, context: RPCContext) async throws -> KeyChange {
    let cluster = try await change(context) { record, cluster in
      if record.publicKey == context.peer { return }
      guard record.next == context.peer else {
        throw RPCError(.failedPrecondition, "this key was not announced for \(cluster)")
      }
      record.publicKey = context.peer
      record.next = nil
    }
    if let cluster {
      metrics.rotations.add()
      logger.info("an agent changed its key", metadata: ["cluster": "\(cluster)", "key": "\(context.peer.base64URL)"])
      // The old key's connection is cut by now, and a caller that was about to use it may be gone; what is true is shown all the same.
      try await Task { try await self.show(context.peer, of: cluster) }.value
    }
    return KeyChange(context.peer)
  }

  private func show(_ key: CurvePublicKey, of cluster: ObjectName) async throws {
    let object = try await objects.mutate(EnrollmentService.key(of: cluster)) {
      KeyRotation.done(in: &$0)
      $0.set(.string(key.base64URL), at: "status", "agent", "publicKey")
    }
    guard let object else { return }
    try await EventRecorder(objects: objects).record(
      .normal, "AgentKeyRotated", "the agent's key is now \(key.base64URL)", about: object)
  }

  /// The caller knows the manager's next key.
  func noteManagerKey(_ request: KeyChange, context: RPCContext) async throws -> KeyChange {
    guard let next = try? CurvePublicKey(bytes: request.publicKey) else {
      throw RPCError(.invalidArgument, "a public key has 32 bytes, not \(request.publicKey.count)")
    }
    let cluster = try await change(context) { record, _ in record.managerKey = next.z85 }
    if let cluster {
      try await objects.mutate(EnrollmentService.key(of: cluster)) {
        $0.set(.string(next.base64URL), at: "status", "agent", "nextManagerKey")
      }
    }
    return KeyChange()
  }

  /// Changes the record of the caller's cluster; the cluster where something changed.
  @discardableResult
  private func change(
    _ context: RPCContext, _ body: (inout AgentKeyRecord, ObjectName) throws -> Void
  ) async throws -> ObjectName? {
    guard let cluster = context.identity.flatMap(ObjectName.init(identity:)) else {
      throw RPCError(.permissionDenied, "this agent's key belongs to no cluster; enrol with a registration token")
    }
    let key = AgentKeyRecord.key(cluster: cluster)
    for _ in 0..<Limits.conflictRetries {
      guard let stored = try await objects.store.get(key), var record = AgentKeyRecord(decoding: stored) else {
        throw RPCError(.permissionDenied, "the cluster \(cluster) has no agent any more")
      }
      guard record.revoked.isEmpty else { throw RPCError(.permissionDenied, "the keys of \(cluster) are revoked") }
      let before = record
      try body(&record, cluster)
      guard record != before else { return nil }
      let writes = [Write.put(key, record.encoded(), if: .revision(stored.revision))]
      do {
        admissions.committed(writes, try await objects.store.commit(writes))
        return cluster
      } catch let error as StoreError where error.code == .conflict || error.code == .notFound {
        continue
      }
    }
    throw RPCError(.aborted, "the keys of \(cluster) keep changing; try again")
  }
}
