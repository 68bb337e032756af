import Logging
import ServiceLifecycle
import Store
import Synchronization
import Wire

/// The bus's key directory, kept equal to the stored keys: a stored one is let in, a removed or revoked one is cut at once.
final class KeyAdmissions: Sendable {
  static let kinds = [StoredKind.agentKeys, StoredKind.revokedKeys]

  private let directory: KeyDirectory
  private let roster = Mutex(KeyRoster())

  init(_ directory: KeyDirectory) { self.directory = directory }

  /// Takes in what the store's watch brings.
  func follow(_ changes: [ObjectChange]) {
    roster.withLock { roster in
      for change in changes { perform(roster.follow(change)) }
    }
  }

  /// Takes in what has just been committed: an agent may ask for its session before the watch has brought its key.
  func committed(_ writes: [Write], _ commit: Commit) {
    roster.withLock { roster in
      for (write, revision) in zip(writes, commit.revisions) where Self.kinds.contains(write.key.kind) {
        var object: StoredObject?
        if case .put(let body) = write.change {
          object = StoredObject(key: write.key, body: body, revision: revision, created: revision)
        }
        perform(roster.anticipate(ObjectChange(key: write.key, object: object, revision: revision)))
      }
    }
  }

  /// The cluster that a key is let in as.
  func cluster(of key: CurvePublicKey) -> ObjectName? {
    guard case .admitted(let cluster) = roster.withLock({ $0.standing(key) }) else { return nil }
    return cluster
  }

  /// Under the roster's lock, so that the directory sees verdicts in their order; its observers only queue work.
  private func perform(_ verdicts: [KeyRoster.Verdict]) {
    for verdict in verdicts {
      switch verdict.standing {
      case .admitted(let cluster): directory.set(verdict.key, identity: cluster.description)
      case .revoked: directory.revoke(verdict.key)
      case .unknown: directory.remove(verdict.key)
      }
    }
  }
}

/// Brings the keys' changes from the store to the bus.
struct AgentKeyFollower: Service {
  let store: any Store
  let admissions: KeyAdmissions
  let logger: Logger

  /// Takes in all keys there are: before the bus listens, or a revoked one would be unknown for a moment.
  func load() async throws {
    for kind in KeyAdmissions.kinds {
      for stored in try await store.list(kind: kind, namespace: nil).objects {
        admissions.follow([ObjectChange(key: stored.key, object: stored, revision: stored.revision)])
      }
    }
  }

  func run() async throws {
    try await untilShutdown {
      try await StoreFollower(store: store, kinds: KeyAdmissions.kinds, logger: logger).run(change: {
        admissions.follow($0)
      })
    }
  }
}
