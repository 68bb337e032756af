import Document
import Fleet
import Logging
import Synchronization
import Wire

/// A manager as small as one can be, around the real bus and its session: holds deployments and blobs of one cluster in memory.
actor BenchManager {
  /// What is on the cluster by what its agent says.
  private(set) var states: [String: BundleState] = [:]
  /// How many statuses came.
  private(set) var statuses = 0

  private var items: [String: DeploymentItem] = [:]
  private var deploymentIDs: [String: String] = [:]
  private var blobs: [String: [UInt8]] = [:]
  private var revision: UInt64 = 1
  private var session: AsyncStream<ManagerSession.Event>.Continuation?
  private var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?

  /// A server of this manager's.
  nonisolated func makeServer(endpoint: String, keyPair: CurveKeyPair, directory: KeyDirectory, logger: Logger)
    -> BusServer
  {
    var handlers = RPCHandlers()
    handlers.stream(Delivery.session) { stream, _ in try await self.serve(stream) }
    handlers.stream(Content.fetch) { stream, _ in try await self.fetch(stream) }
    return BusServer(
      configuration: BusServerConfiguration(endpoint: endpoint), keyPair: keyPair, directory: directory,
      handlers: handlers, logger: logger)
  }

  /// Wants bundles on the cluster, all at once.
  func deploy(_ bundles: [(name: String, manifest: String, options: BundleDeploymentOptions)]) throws {
    for bundle in bundles {
      let manifest = Manifest(resources: [BundleResource(name: "all.yaml", content: bundle.manifest, encoding: "")])
      let content = try manifest.blob()
      let payload = DeploymentPayload(
        bundleName: bundle.name, bundleNamespace: "bench", manifestID: manifest.id,
        deploymentID: DeploymentID.make(manifestID: manifest.id, options: bundle.options), options: bundle.options,
        correctDrift: bundle.options.correctDrift ?? CorrectDrift())
      let options = payload.encoded()
      let digests = [content, options].map { "sha256:" + Digests.sha256Hex($0) }
      blobs[digests[0]] = content
      blobs[digests[1]] = options
      deploymentIDs[bundle.name] = payload.deploymentID
      items[bundle.name] = DeploymentItem(
        id: bundle.name, version: String(Digests.sha256Hex(options).prefix(16)), contentDigest: digests[0],
        optionsDigest: digests[1])
    }
    revision += 1
    session?.yield(.changed(Set(bundles.map(\.name))))
  }

  /// Waits until so many bundles are Ready.
  func ready(_ count: Int) async {
    guard readyCount < count else { return }
    await withCheckedContinuation { waiting = (count, $0) }
  }

  private var readyCount: Int { states.values.count { $0 == .ready } }

  private func take(_ status: DeploymentStatus) throws {
    statuses += 1
    let value = try JSON.parse(status.status, file: "status")
    let id = deploymentIDs[status.id] ?? ""
    states[status.id] = try BundleDeploymentStatus(value).state(desiredID: id, stagedID: id)
    if let (count, continuation) = waiting, readyCount >= count {
      waiting = nil
      continuation.resume()
    }
  }

  private func serve(_ stream: RPCStream<ManagerMessage, AgentMessage>) async throws {
    let (events, continuation) = AsyncStream<ManagerSession.Event>.makeStream()
    session = continuation
    var core = ManagerSession(ManagerSession.Configuration(sessionID: 1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for try await message in stream.messages { continuation.yield(.received(message)) }
        continuation.finish()
      }
      for await event in events {
        for directive in core.handle(event) {
          switch directive {
          case .send(let message): try await stream.send(message)
          case .loadAll:
            continuation.yield(
              .loadedAll(Array(items.values), revision: revision, statusHash: DeliveryHash.statuses([:])))
          case .load(let ids): continuation.yield(.loaded(ids.compactMap { items[$0] }, revision: revision))
          case .commitStatus(let seq, let statuses):
            for status in statuses where !status.status.isEmpty { try take(status) }
            continuation.yield(.statusCommitted(seq: seq))
          case .end(let reason): throw RPCError(reason.code, reason.message)
          case .recordHello, .recordInventory, .recordAck, .recordNack, .recordRefusalOver, .recordComplete,
            .recordHeld:
            break
          }
        }
      }
      group.cancelAll()
    }
  }

  private func fetch(_ stream: RPCStream<FetchChunk, FetchRequest>) async throws {
    for try await request in stream.messages {
      guard let bytes = blobs[request.digest] else { throw RPCError(.notFound, "no blob \(request.digest)") }
      try await stream.send(FetchChunk(offset: 0, data: bytes, totalBytes: UInt64(bytes.count)))
      return
    }
  }
}
