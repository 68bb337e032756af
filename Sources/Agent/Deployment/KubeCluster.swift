import Document
import Fleet
import KubeClient
import Logging
import Synchronization

/// The cluster's API server through `KubeClient`.
final class KubeCluster: ClusterAPI {
  private let client: KubeClient
  /// The server's version changes only when the server is replaced; an outage forgets it.
  private let knownVersion = Mutex<String?>(nil)
  private let impersonating = Mutex<[String: KubeCluster]>([:])

  private let logger: Logger

  init(_ client: KubeClient, logger: Logger) {
    self.client = client
    self.logger = logger
  }

  /// Closes all connections.
  func shutdown() async {
    for other in impersonating.withLock({ Array($0.values) }) { await other.shutdown() }
    await client.shutdown()
  }

  func acting(as user: String) throws -> any ClusterAPI {
    try impersonating.withLock { known in
      if let known = known[user] { return known }
      var config = client.config
      config.impersonatedUser = user
      let cluster = KubeCluster(
        try KubeClient(config: config, limits: client.limits, logger: logger), logger: logger)
      known[user] = cluster
      return cluster
    }
  }

  func version() async throws -> String {
    if let known = knownVersion.withLock({ $0 }) { return known }
    return try await answered {
      let version = try await self.client.serverVersion()["gitVersion"]?.string ?? ""
      self.knownVersion.withLock { $0 = version }
      return version
    }
  }

  func kinds(refreshed: Bool) async throws -> ClusterKinds {
    let version = try await version()
    return try await answered {
      let discovery = try await self.client.discovery(refresh: refreshed)
      var kinds = ClusterKinds(apiVersions: discovery.apiVersions, version: version)
      for resource in discovery.resources {
        kinds.isNamespaced[ObjectType(apiVersion: resource.apiVersion, kind: resource.kind)] = resource.namespaced
      }
      return kinds
    }
  }

  func object(_ identity: ObjectIdentity) async throws -> Value? {
    try await answered(about: identity.type, whenAbsent: .some(nil)) {
      let resource = try await self.client.resource(apiVersion: identity.apiVersion, kind: identity.kind)
      return try await self.client.get(
        resource, namespace: resource.namespaced ? identity.namespace : nil, name: identity.name)
    }
  }

  func objects(_ type: ObjectType, namespace: String?, labels: [String: String]) async throws -> LabelledObjects {
    try await answered(about: type, whenAbsent: LabelledObjects()) {
      let resource = try await self.client.resource(apiVersion: type.apiVersion, kind: type.kind)
      let list = try await self.client.listAll(
        resource, namespace: resource.namespaced ? namespace : nil, labelSelector: LabelSelector(matchLabels: labels))
      return LabelledObjects(objects: list.items, resourceVersion: UInt64(list.resourceVersion) ?? 0)
    }
  }

  func objects(_ type: ObjectType, having label: String) async throws -> LabelledObjects {
    let selector = try Self.having(label)
    return try await answered(about: type, whenAbsent: LabelledObjects()) {
      let resource = try await self.client.resource(apiVersion: type.apiVersion, kind: type.kind)
      let list = try await self.client.listAll(resource, labelSelector: selector)
      return LabelledObjects(objects: list.items, resourceVersion: UInt64(list.resourceVersion) ?? 0)
    }
  }

  private static func having(_ label: String) throws -> LabelSelector {
    try LabelSelector(matchLabels: [:], matchExpressions: [.init(key: label, operator: .exists)])
  }

  func delete(_ identity: ObjectIdentity) async throws {
    try await answered(about: identity.type, whenAbsent: ()) {
      let resource = try await self.client.resource(apiVersion: identity.apiVersion, kind: identity.kind)
      try await self.client.delete(
        resource, namespace: resource.namespaced ? identity.namespace : nil, name: identity.name,
        propagation: .background)
    }
  }

  func mergePatch(_ identity: ObjectIdentity, _ patch: Value) async throws -> Value? {
    try await answered(about: identity.type, whenAbsent: .some(nil)) {
      let resource = try await self.client.resource(apiVersion: identity.apiVersion, kind: identity.kind)
      return try await self.client.patch(
        resource, namespace: resource.namespaced ? identity.namespace : nil, name: identity.name, patch, type: .merge)
    }
  }

  func create(_ wanted: Value, _ identity: ObjectIdentity) async throws {
    try await answered {
      let resource = try await self.client.resource(apiVersion: identity.apiVersion, kind: identity.kind)
      do throws(KubeClientError) {
        _ = try await self.client.create(
          resource, wanted, namespace: resource.namespaced ? identity.namespace : nil)
      } catch {
        guard error.code == .alreadyExists else { throw error }
      }
    }
  }

  func apply(_ wanted: Value, to identity: ObjectIdentity, fieldManager: String) async throws {
    try await answered {
      let resource = try await self.client.resource(apiVersion: identity.apiVersion, kind: identity.kind)
      _ = try await self.client.apply(
        resource, wanted, namespace: resource.namespaced ? identity.namespace : nil, fieldManager: fieldManager,
        force: true)
    }
  }

  func dryRun(_ wanted: Value, of identity: ObjectIdentity) async throws -> DryRun {
    try await answered {
      do throws(KubeClientError) {
        let resource = try await self.client.resource(apiVersion: identity.apiVersion, kind: identity.kind)
        return .applied(
          try await self.client.apply(
            resource, wanted, namespace: resource.namespaced ? identity.namespace : nil,
            fieldManager: Self.comparingFieldManager, force: true, dryRun: true))
      } catch {
        switch error.code {
        case .invalid: return .refused(error.message)
        case .conflict, .expired: return .disturbed
        case .notFound: return .absent
        case .unavailable, .timeout, .tooManyRequests, .cancelled: throw error
        // A webhook that does not answer is a 500, and must not keep the other objects from being compared.
        default: return .impossible(error.message)
        }
      }
    }
  }

  /// Whose fields the dry runs set; never kept by the server.
  private static let comparingFieldManager = "flotilla-drift"

  func watch(_ type: ObjectType, label: String) -> AsyncStream<ClusterEvent> {
    let (stream, continuation) = AsyncStream<ClusterEvent>.makeStream()
    let task = Task { [client] in
      let selector = try Self.having(label)
      guard let resource = await Self.resource(of: type, client, continuation) else { return continuation.finish() }
      // An agent is alone on its cluster's API server: it can come back sooner than a crowd could.
      let watcher = ResourceWatcher(
        client: client, resource: resource, labelSelector: selector, backoff: WatchBackoff(most: .seconds(2)))
      await watcher.run { event in
        switch event {
        case .change(.changed(let object)): continuation.yield(.changed(object))
        case .change(.removed(let gone)):
          continuation.yield(.removed(namespace: gone.namespace, name: gone.name, uid: gone.uid))
        case .synced, .resumed: continuation.yield(.synced)
        case .interrupted(let error):
          let isGone = error.code == .notFound ? (try? await Self.isUnserved(type, client)) == true : false
          continuation.yield(isGone ? .unserved : .interrupted(error.message))
        }
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  /// A kind whose CustomResourceDefinition is gone, or not yet served, is asked for until it is there.
  private static func resource(
    of type: ObjectType, _ client: KubeClient, _ continuation: AsyncStream<ClusterEvent>.Continuation
  ) async -> APIResource? {
    while !Task.isCancelled {
      do {
        let resource = try await client.resource(apiVersion: type.apiVersion, kind: type.kind)
        return resource.isWatchable ? resource : nil
      } catch {
        continuation.yield(.interrupted(error.message))
        try? await Task.sleep(for: .seconds(2))
      }
    }
    return nil
  }

  /// Whether the server offers no such kind, by its own word. A server that has just started answers 404 for a while to what it
  /// will serve, and the server behind an aggregated group may be away.
  private static func isUnserved(_ type: ObjectType, _ client: KubeClient) async throws -> Bool {
    guard await client.isReady() else {
      throw KubeClientError(.unavailable, "the API server is not ready yet")
    }
    let discovery = try await client.discovery(refresh: true)
    if let failure = discovery.failures[type.apiVersion] {
      throw KubeClientError(.unavailable, "the API server cannot say what \(type.apiVersion) holds: \(failure)")
    }
    return discovery.resource(apiVersion: type.apiVersion, kind: type.kind) == nil
  }

  /// Runs a request. What is not there is `absent` only by the server's own word.
  private func answered<Result: Sendable>(
    about type: ObjectType? = nil, whenAbsent absent: Result? = nil, _ body: () async throws -> Result
  ) async throws -> Result {
    do {
      do {
        return try await body()
      } catch let error as KubeClientError where error.code == .notFound {
        guard let absent else { throw error }
        // The server's word on this object; any other 404 is about the whole kind.
        if error.reason == "NotFound" { return absent }
        guard let type, try await Self.isUnserved(type, client) else {
          throw KubeClientError(.unavailable, error.message)
        }
        return absent
      }
    } catch let error as KubeClientError {
      let isOutage = [.unavailable, .timeout, .serverError, .tooManyRequests].contains(error.code)
      if isOutage { knownVersion.withLock { $0 = nil } }
      throw DeploymentFailure(kind: isOutage ? .unreachable : .transient, message: "\(error.message)")
    }
  }
}
