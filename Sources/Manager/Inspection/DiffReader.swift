import Document
import Fleet
import KubeServer
import Store
import Synchronization
import Wire

/// Asks a cluster's agent how the live objects of a deployment differ from what was deployed.
final class DiffReader: Sendable {
  private let objects: ObjectRepository
  private let hub: SessionHub
  private let underWay = Atomic<Int>(0)

  init(objects: ObjectRepository, hub: SessionHub) {
    self.objects = objects
    self.hub = hub
  }

  /// The document of a comparison made now.
  ///
  /// - Throws: ``KubeError``: `notFound` where there is no such deployment, `unavailable` while the agent is not connected,
  ///   and what the agent's error stands for.
  func diff(_ name: String, in namespace: String) async throws -> Value {
    let record = try await TraceReader.record(name, in: namespace, store: objects.store)
    guard let session = await hub.session(of: namespace) else { throw await absence(of: record.cluster) }
    let before = underWay.add(1, ordering: .relaxed).oldValue
    defer { underWay.subtract(1, ordering: .relaxed) }
    guard before < Limits.concurrentDiffs else {
      throw KubeError(.tooManyRequests, "\(before) comparisons are under way already; try again in a few seconds")
    }
    let response: DiffResponse
    do throws(RPCError) {
      response = try await session.channel.unary(
        ClusterService.diff, DiffRequest(id: name), deadline: Limits.diffDeadline)
    } catch {
      throw Self.explanation(of: error, cluster: record.cluster, bundle: name)
    }
    let document = DiffDocument(response: response, record: record, comparedAt: objects.now())
    return document.value(name: name, namespace: namespace)
  }

  private func absence(of cluster: ObjectName) async -> KubeError {
    let key = ObjectKey(kind: StoredKind.clusters, namespace: cluster.namespace, name: cluster.name)
    let seen = try? await objects.get(key)?.at("status", "agent", "lastSeen")?.string
    let since = seen.map { "it was last seen at \($0)" } ?? "it has never been"
    return KubeError(
      .unavailable,
      "the agent of cluster \(cluster) is not connected, \(since): its live objects cannot be looked at from here")
  }

  /// What an agent's error means to whoever asked.
  static func explanation(of error: RPCError, cluster: ObjectName, bundle: String) -> KubeError {
    let agent = "the agent of cluster \(cluster)"
    switch error.code {
    case .unimplemented:
      return KubeError(
        .methodNotAllowed, "\(agent) is of a version that cannot compare live objects; upgrade it", cause: error)
    case .notFound:
      // Not 404: the deployment is there, but not yet with the agent.
      return KubeError(
        .conflict, "\(agent) does not hold the deployment \(bundle), or not yet: `flotilla why` says how far it is",
        cause: error)
    case .failedPrecondition: return KubeError(.conflict, "\(agent): \(error.message)", cause: error)
    case .resourceExhausted: return KubeError(.tooManyRequests, "\(agent): \(error.message)", cause: error)
    case .deadlineExceeded, .cancelled:
      return KubeError(
        .timeout, "\(agent) did not finish the comparison within \(Limits.diffDeadline)", cause: error)
    case .unavailable: return KubeError(.unavailable, "\(agent): \(error.message)", cause: error)
    default: return KubeError.internalError("\(agent): \(error.message)", cause: error)
    }
  }
}
