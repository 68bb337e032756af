import Document
import Fleet
import Foundation
import HelmEngine
import KubeClient
import Kustomizer
import Logging
import ServiceLifecycle
import Telemetry
import Wire

/// The agent of one cluster: enrols, holds the session with its manager, deploys what it is sent, watches it and reports.
///
/// It keeps its cluster right from its state directory alone: without the manager it goes on with what it knows, and without
/// the cluster's API server it tries again until it answers, removing nothing.
public struct AgentService: Service {
  private let configuration: AgentConfiguration
  private let logger: Logger
  private let health = AgentHealth()

  /// Prepares an agent; nothing is opened before ``run()``.
  public init(configuration: AgentConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  /// Works until graceful shutdown or cancellation. Helm's operations that are under way then run to their end.
  ///
  /// - Throws: `AgentError` when the state directory, the values or the kubeconfig cannot be used. What may go away by
  ///   itself (a manager or an API server that does not answer, a refused token) is logged, and tried again.
  public func run() async throws {
    guard let address = configuration.healthAddress else { return try await runAgent() }
    let health = health
    let server = HealthServer(host: address.host, port: address.port) { health.answer($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.runAgent() }
      group.addTask {
        do {
          try await server.run()
        } catch {
          if Task.isCancelled { return }
          throw AgentError(
            .address,
            "probes cannot be answered at \(address.host):\(address.port): \(error); choose another address with"
              + " --health-address", cause: error)
        }
      }
      // The agent's end is the end; probes are answered until then.
      try await group.next()
      group.cancelAll()
    }
  }

  private func runAgent() async throws {
    let state = try await AgentState.open(configuration.stateDirectory)
    defer { state.close() }
    let cluster = KubeCluster(try makeClient(), logger: logger)
    let outcome: Result<Void, any Error>
    do {
      try await cancelWhenGracefulShutdown { try await work(state: state, cluster: cluster) }
      outcome = .success(())
    } catch is CancellationError {
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await cluster.shutdown()
    try outcome.get()
  }

  private func work(state: AgentState, cluster: KubeCluster) async throws {
    health.joining()
    let secret = configuration.identitySecret.map {
      IdentitySecret(
        name: $0, namespace: configuration.agentNamespace, cluster: cluster, tokenID: configuration.tokenID,
        logger: logger)
    }
    try await secret?.restore(to: state)
    let identity = try await identity(state: state, cluster: cluster, secret: secret)
    let enrollment = identity.keys.enrollment
    health.joined(enrollment.cluster) { state.desired.items.count }
    logger.info(
      "agent of \(enrollment.cluster)",
      metadata: ["manager": "\(enrollment.endpoints.joined(separator: ", "))", "state": "\(state.directory)"])
    let keeper = DesiredKeeper(state: state, fetcher: BlobFetcher(blobs: state.blobs))
    let engine = HelmEngine(
      connection: connection, worker: configuration.helmWorker, libraryPath: configuration.helmLibrary,
      threads: configuration.concurrentDeployments)
    let manifests = DeployedManifests(cluster: cluster)
    let installer = HelmInstaller(
      engine: engine, connection: connection, kustomizer: Kustomizer(), cluster: cluster, manifests: manifests,
      blobs: state.blobs,
      agentNamespace: configuration.agentNamespace,
      scope: ReleaseMarks.scope(cluster: enrollment.cluster), logger: logger)
    let reports = AsyncStream<DeploymentStatus>.makeStream()
    let holds = AsyncStream<HeldRemovals>.makeStream()
    let deployer = Deployer(
      state: state, installer: installer, concurrency: configuration.concurrentDeployments, logger: logger
    ) { id, version, status in
      reports.continuation.yield(DeploymentStatus(id: id, version: version, status: status ?? []))
    } hold: { releases, count in
      holds.continuation.yield(HeldRemovals(ids: releases.map(\.description), of: UInt32(clamping: count)))
    }
    let comparer = DriftComparer(
      cluster: cluster, rights: { try await installer.access(serviceAccount: $0).cluster },
      helmFieldManager: ReleaseMarks.fieldManager(worker: configuration.helmWorker), logger: logger)
    let observer = ClusterObserver(
      cluster: cluster, manifests: manifests, comparer: comparer, logger: logger, tell: { deployer.found($0, $1) },
      clusterIsBack: { deployer.clusterIsBack() })
    let inspector = DeploymentInspector(cluster: cluster, manifests: manifests, comparer: comparer) {
      await deployer.standing($0)
    }
    let desired = state.desired
    let briefs = await keeper.briefs(of: desired.items.values, logger: logger)
    await deployer.update(desired, briefs: briefs)
    let sessionWork = DeploymentWork(
      state: state, keeper: keeper, deployer: deployer, health: health, logger: logger)
    let link = ManagerLink(
      work: sessionWork, identity: await session(cluster), durable: sessionWork.durable(held: Set(briefs.keys)),
      keys: identity.keys, keeper: identity.keeper, handlers: inspector.handlers, first: identity.connection,
      logger: logger)
    await withDiscardingTaskGroup { group in
      group.addTask { await secret?.keep(state) }
      group.addTask { await observer.run() }
      group.addTask { await deployer.run(observer: observer) }
      group.addTask { await link.run() }
      if let age = configuration.keyMaxAge {
        group.addTask {
          do {
            try await link.rotateKey(olderThan: age)
          } catch is CancellationError {
          } catch {
            logger.error("the agent's key cannot be looked at or changed", metadata: ["error": "\(error)"])
          }
        }
      }
      group.addTask { for await status in reports.stream { await link.report(status) } }
      group.addTask { for await held in holds.stream { await link.hold(held) } }
    }
  }

  /// The agent's keys, and where it keeps changes of them.
  private struct Identity {
    let keys: LinkKeys
    let keeper: (any KeyKeeper)?
    /// The connection that it has just enrolled over.
    var connection: BusConnection?
  }

  private func identity(
    state: AgentState, cluster: KubeCluster, secret: IdentitySecret?
  ) async throws -> Identity {
    switch configuration.manager {
    case .enrolled(let record, let keyPair):
      return Identity(keys: LinkKeys(pair: keyPair, enrollment: record), keeper: nil)
    case .registration(let values):
      let enroller = Enroller(
        state: state, cluster: cluster, agentVersion: configuration.agentVersion, logger: logger)
      let enrolled = try await enroller.enrollment(values: values)
      return Identity(
        keys: LinkKeys(
          pair: try await state.keyPair(), next: try await state.nextKeyPair(), enrollment: enrolled.record),
        keeper: secret.map { SecretKeyKeeper(state: state, secret: $0) } ?? state, connection: enrolled.connection)
    }
  }

  /// What the agent says of itself. An API server that is down must not keep it from its manager.
  private func session(_ cluster: KubeCluster) async -> AgentSession.Identity {
    let version = await withTaskGroup(of: String.self) { group in
      group.addTask { (try? await cluster.version()) ?? "" }
      group.addTask {
        try? await Task.sleep(for: .seconds(3))
        return ""
      }
      defer { group.cancelAll() }
      return await group.next() ?? ""
    }
    return AgentSession.Identity(
      bootID: UUID().uuidString, agentVersion: configuration.agentVersion, kubernetesVersion: version,
      agentNamespace: configuration.agentNamespace)
  }

  private var connection: ClusterConnection {
    switch configuration.cluster {
    case .kubeconfig(let path): ClusterConnection(.file(path))
    case .kubeconfigText(let text): ClusterConnection(.text(text))
    case .inCluster: ClusterConnection(.ambient)
    }
  }

  private func makeClient() throws -> KubeClient {
    do throws(KubeClientError) {
      let config: KubeConfig
      switch configuration.cluster {
      case .kubeconfig(let path): config = try KubeConfig.load(path: path)
      case .kubeconfigText(let text): config = try KubeConfig.load(text: text)
      case .inCluster: config = try KubeConfig.inCluster(environment: ProcessInfo.processInfo.environment)
      }
      var limits = KubeClientLimits()
      limits.requestTimeout = AgentLimits.clusterDeadline
      return try KubeClient(
        config: config, userAgent: "flotilla-agent/\(configuration.agentVersion)", limits: limits, logger: logger)
    } catch {
      throw AgentError(.cluster, error.message, cause: error)
    }
  }
}
