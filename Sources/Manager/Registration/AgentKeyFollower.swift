import Logging
import ServiceLifecycle
import Store
import Wire

/// Keeps the bus's key directory equal to the stored agent keys: a stored key is admitted, a removed one is cut at once.
struct AgentKeyFollower: Service {
  let store: any Store
  let directory: KeyDirectory
  let logger: Logger

  func run() async throws {
    let admitted = AdmittedKeys()
    try await untilShutdown {
      try await StoreFollower(store: store, kinds: [StoredKind.agentKeys], logger: logger).run { changes in
        for change in changes {
          let record = change.object.flatMap(AgentKeyRecord.init(decoding:))
          let old = await admitted.replace(change.key, with: record?.publicKey)
          if let record { directory.set(record.publicKey, identity: record.cluster.description) }
          // Removing a key cuts its live connections, too.
          if let old, old != record?.publicKey { directory.remove(old) }
        }
      }
    }
  }
}

/// Which key is admitted for which cluster, so that a replaced one can be told.
private actor AdmittedKeys {
  private var keys: [ObjectKey: CurvePublicKey] = [:]

  func replace(_ key: ObjectKey, with publicKey: CurvePublicKey?) -> CurvePublicKey? {
    let old = keys[key]
    keys[key] = publicKey
    return old
  }
}
