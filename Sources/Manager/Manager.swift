import Document
import Fleet
import Foundation
import HelmEngine
import KubeServer
import Kustomizer
import Logging
import ServiceLifecycle
import Store
import Wire

/// One manager process: the store, the API for kubectl, the git watcher, targeting, the bus and the summaries.
///
/// Its parts meet in the store alone: controllers write what is desired, sessions learn of it from the store's watch, and
/// statuses come back the same way (design §5).
public struct Manager: Sendable {
  /// The parts that run until shutdown, in the order in which they start; they stop in the opposite one.
  public let services: [any Service]
  /// The bus's public key, which join tokens carry.
  public let busKey: CurvePublicKey

  private let bus: BusServer
  private let enrollment: EnrollmentService

  /// Opens the data directory, makes what the first start makes, and prepares every part.
  ///
  /// Throws ``ManagerError`` with code `configuration`, or `StoreError`, where the directory cannot be used.
  public init(configuration: ManagerConfiguration, version: String, logger: Logger) async throws {
    let directory = try DataDirectory(configuration.dataDirectory)
    let store = try await SQLiteStore(
      path: directory.database, configuration: SQLiteStoreConfiguration(logger: logger))
    let objects = ObjectRepository(store: store)
    try await Bootstrap(objects: objects, localCluster: configuration.localCluster).run()

    let keys = try ManagerKeys.load(directory.busKey)
    let directoryOfKeys = KeyDirectory()
    let admissions = KeyAdmissions(directoryOfKeys)
    let keyFollower = AgentKeyFollower(store: store, admissions: admissions, logger: logger.part("keys"))
    try await keyFollower.load()
    let trust = TrustMetrics()
    let contents = ContentCache(store: store)
    let helm = HelmWorkers(command: configuration.helmWorker)
    let bundles = BundleController(
      objects: objects, builds: KustomizeBuilds(kustomizer: Kustomizer(), contents: contents),
      templates: HelmValueTemplates(workers: helm), logger: logger.part("bundles"))
    let charts = ChartSupplier(
      workers: helm, cacheDirectory: directory.charts, gitDirectory: directory.git, logger: logger.part("charts"))
    let enrollment = EnrollmentService(
      objects: objects, admissions: admissions, metrics: trust, nextManagerKey: keys.next,
      requiresApproval: configuration.requiresApproval,
      existing: { try await bundles.cluster(clientID: $0, namespace: $1) }, logger: logger.part("enrollment"))
    let presence = Presence()
    let delivery = DeliveryMetrics()
    let hub = SessionHub(
      objects: objects, presence: presence, heartbeat: configuration.heartbeatInterval,
      lineage: try await StoreLineage.begin(in: store),
      unconfirmedRemovals: configuration.unconfirmedRemovals, metrics: delivery, trust: trust,
      nextManagerKey: keys.next, logger: logger.part("sessions"))
    var busConfiguration = BusServerConfiguration(endpoint: configuration.busAddress)
    busConfiguration.heartbeatInterval = configuration.heartbeatInterval
    busConfiguration.drainWindow = configuration.drainWindow
    let bus = BusServer(
      configuration: busConfiguration,
      keyPair: keys.pair, directory: directoryOfKeys,
      handlers: BusHandlers(
        enrollment: enrollment, hub: hub, store: store,
        keys: KeyService(objects: objects, admissions: admissions, metrics: trust, logger: logger.part("keys")),
        metrics: trust, logger: logger.part("content")
      ).handlers, logger: logger.part("bus"))
    let endpoints: @Sendable () async throws -> [String] = {
      if let endpoint = configuration.busPublicEndpoint { return [endpoint] }
      return [try await bus.boundEndpoint()]
    }
    let api = try Self.api(
      configuration: configuration, directory: directory, store: store, contents: contents, version: version,
      bus: bus, metrics: MetricsRoute(store: store, bus: bus, hub: hub, delivery: delivery, trust: trust),
      presence: presence,
      inspection: InspectionViews(
        diffs: DiffReader(objects: objects, hub: hub), traces: TraceReader(objects: objects, hub: hub)),
      logger: logger.part("api"))

    services = [
      StoreService(store: store),
      HelmService(workers: helm),
      api,
      bus,
      keyFollower,
      hub,
      ClusterController(
        objects: objects, admissions: admissions, rotateKey: { await hub.rotateKey(of: $0) },
        logger: logger.part("clusters")),
      TokenController(
        objects: objects, endpoints: endpoints, managerKeys: keys, logger: logger.part("tokens")),
      ImportController(
        objects: objects, endpoints: endpoints, image: configuration.agentImage, helmWorker: configuration.helmWorker,
        logger: logger.part("imports")),
      bundles,
      SummaryController(objects: objects, logger: logger.part("summaries")),
      GitRepoController(
        objects: objects, contents: contents, directory: directory.git, timeout: configuration.gitTimeout,
        charts: charts, events: EventRecorder(objects: objects), logger: logger.part("git")),
      GarbageCollector(objects: objects, logger: logger.part("garbage")),
    ]
    busKey = keys.current
    self.bus = bus
    self.enrollment = enrollment
  }

  /// Where the bus listens, once it does.
  public func busEndpoint() async throws -> String { try await bus.boundEndpoint() }

  /// Admits the manager's own agent as `fleet-local/local` by its key, without a token. Durable on return.
  public func enrollLocalAgent(_ key: CurvePublicKey) async throws {
    try await enrollment.enrollLocal(
      cluster: ObjectName(namespace: Bootstrap.localNamespace, name: "local"), key: key)
  }

  private static func api(
    configuration: ManagerConfiguration, directory: DataDirectory, store: any Store, contents: ContentCache,
    version: String, bus: BusServer, metrics: MetricsRoute, presence: Presence, inspection: InspectionViews,
    logger: Logger
  ) throws -> KubeServer {
    let certificates = try ServingCertificates(
      directory: directory.certificates,
      hosts: ([configuration.apiHost, "127.0.0.1", "localhost"] + configuration.apiNames).uniqued)
    var server = KubeServerConfiguration(
      host: configuration.apiHost, port: configuration.apiPort, certificates: certificates,
      authenticator: certificates.authenticator)
    server.routes = [metrics.route]
    server.initialNamespaces = Bootstrap.namespaces
    server.gitVersion += "+flotilla-\(version)"
    let host = configuration.apiHost.contains(":") ? "[\(configuration.apiHost)]" : configuration.apiHost
    // A wildcard is where to listen, not where to go.
    let reachable = ["0.0.0.0", "[::]"].contains(host) ? "127.0.0.1" : host
    server.onListening = { port in
      _ = try await bus.boundEndpoint()
      try certificates.writeAdminKubeconfig(path: directory.adminKubeconfig, server: "https://\(reachable):\(port)")
    }
    let renderer = DeploymentRenderer(store: store, payloads: PayloadCache(store: store))
    return try KubeServer(
      configuration: server,
      kinds: ServedKinds.all(
        store: store, contents: contents, renderer: renderer, presence: presence,
        inspection: inspection),
      logger: logger)
  }
}

/// Closes the database when everything that uses it has stopped.
private struct StoreService: Service {
  let store: SQLiteStore

  func run() async throws {
    try? await gracefulShutdown()
    try await store.close()
  }
}

/// Ends Helm's children when nobody asks them any more.
private struct HelmService: Service {
  let workers: HelmWorkers

  func run() async throws {
    try? await gracefulShutdown()
    await workers.stop()
  }
}

extension Logger {
  /// This logger under the name of one of the manager's parts.
  func part(_ name: String) -> Logger {
    var logger = Logger(label: "\(label).\(name)")
    logger.logLevel = logLevel
    return logger
  }
}

extension [String] {
  /// Each element once, in order.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
