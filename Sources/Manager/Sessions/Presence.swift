import Document
import Fleet
import Store
import Synchronization
import Wire

/// Which clusters have a session now, and when each was last heard of: in memory, so that it costs no write to know it.
final class Presence: Sendable {
  private let channels = Mutex<[ObjectName: RPCChannel]>([:])

  init() {}

  /// A session began; it takes the place of one that the cluster had.
  func began(_ cluster: ObjectName, over channel: RPCChannel) { channels.withLock { $0[cluster] = channel } }

  /// A session ended, unless another took its place before.
  func ended(_ cluster: ObjectName, over channel: RPCChannel) {
    channels.withLock { if $0[cluster]?.isSame(as: channel) == true { $0[cluster] = nil } }
  }

  /// When a cluster's agent was last heard of; nil where it has no session.
  func lastHeard(_ cluster: ObjectName, now: Timestamp) -> Timestamp? {
    channels.withLock { $0[cluster] }.map { Timestamp(seconds: now.seconds - $0.silence.components.seconds) }
  }
}

/// Clusters as they are stored, but for the time at which a connected agent was last heard of.
struct ClusterCodec: ObjectCodec {
  let presence: Presence

  func served(_ stored: StoredObject) async throws -> Value {
    var cluster = try ObjectRepository.document(of: stored)
    let name = ObjectName(namespace: stored.key.namespace, name: stored.key.name)
    guard let heard = presence.lastHeard(name, now: SystemClock.now()) else { return cluster }
    let written = cluster.at("status", "agent", "lastSeen")?.string.flatMap { Timestamp($0) }
    if written.map({ $0.seconds < heard.seconds }) ?? true {
      cluster.set(.string(heard.description), at: "status", "agent", "lastSeen")
    }
    return cluster
  }

  func stored(_ object: Value) async throws -> [UInt8] { ObjectRepository.body(of: object) }
}
