import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import Synchronization
import Testing
import Wire

@testable import Agent

/// A manager as small as one can be: a real bus server that holds deployments and blobs in memory, with Wire's own
/// `ManagerSession` for every agent. It counts what it sends.
actor TestManager {
  /// One bundle on one cluster.
  struct Bundle: Sendable {
    var name: String
    var files: [String: String]
    var options = BundleDeploymentOptions()
    var dependsOn: [DependsOn] = []
    var copies: [DownstreamCopy] = []
  }

  nonisolated let keyPair: CurveKeyPair
  nonisolated let directory = KeyDirectory()
  private let endpoint: String
  private(set) var items: [String: DeploymentItem] = [:]
  private(set) var statuses: [String: DeploymentStatus] = [:]
  private(set) var refused: [NackItem] = []
  private(set) var hellos: [Hello] = []
  private(set) var acked: [String: String] = [:]
  private(set) var reports = 0
  private(set) var fetches = 0
  private(set) var completes = 0
  /// Releases that the agent does not remove unasked.
  private(set) var held: [String] = []
  private(set) var enrolments: [EnrollRequest] = []
  /// Every difference of every deployment that was ever told.
  private var differences: [String: [String]] = [:]
  /// Rewrites what is sent for a digest; for wrong bytes.
  private var forged: [String: [UInt8]] = [:]
  /// How many chunks of each fetch are sent before the connection is cut; nil sends all.
  private var cutsAfterChunks: Int?
  private var blobs: [String: [UInt8]] = [:]
  /// What is sent along with desired state.
  private var inline: [InlineBlob] = []
  private var revision: UInt64 = 1
  private var sessions: [UInt64: AsyncStream<ManagerSession.Event>.Continuation] = [:]
  private var lastSession: UInt64 = 0
  /// The key that agents are told is to come.
  private(set) var nextKey: CurvePublicKey?
  /// How far this manager's clock is ahead of the machine's, in seconds.
  private var clockAhead = 0.0
  /// Announced keys, and those that they are to replace.
  private var announced: [CurvePublicKey: CurvePublicKey] = [:]
  /// Next keys of this manager's that agents say they know.
  private(set) var known: [CurvePublicKey] = []
  /// What enrolment answers; an error refuses.
  private var refusal: RPCError?

  init(endpoint: String, keyPair: CurveKeyPair? = nil) throws {
    self.endpoint = endpoint
    self.keyPair = try keyPair ?? CurveKeyPair.generate()
  }

  /// A server of this manager's; run it for as long as the manager is to be there.
  nonisolated func makeServer(logger: Logger) -> BusServer {
    var handlers = RPCHandlers()
    handlers.unary(Enrollment.enroll, access: .anyone) { request, context in
      try await self.enroll(request, context)
    }
    handlers.stream(Delivery.session) { stream, context in try await self.serve(stream) }
    handlers.stream(Content.fetch) { stream, context in try await self.fetch(stream, context) }
    handlers.unary(Keys.announce) { request, context in try await self.announce(request, context) }
    handlers.unary(Keys.activate) { _, context in await self.activate(context) }
    handlers.unary(Keys.nextManagerKey) { request, _ in try await self.knows(request) }
    return BusServer(
      configuration: BusServerConfiguration(endpoint: endpoint), keyPair: keyPair, directory: directory,
      handlers: handlers,
      logger: logger)
  }

  // MARK: - What a user does

  func refuseEnrolment(_ error: RPCError?) { refusal = error }
  func forge(_ digest: String, with bytes: [UInt8]?) { forged[digest] = bytes }
  /// Sends all blobs along with desired state from now on, and one more that nobody asks for.
  func sendBlobsAlong() { inline = [InlineBlob(data: [0])] + blobs.values.map { InlineBlob(data: $0) } }
  func cutFetches(afterChunks count: Int?) { cutsAfterChunks = count }

  /// Puts a version of a bundle on the cluster, and returns its deployment id.
  @discardableResult
  func deploy(_ bundle: Bundle, paused: Bool = false) throws -> String {
    let manifest = Manifest(
      resources: bundle.files.map { BundleResource(name: $0.key, content: $0.value, encoding: "") })
    let content = try manifest.blob()
    let payload = DeploymentPayload(
      bundleName: bundle.name, bundleNamespace: "fleet-default",
      labels: [FleetLabels.bundleName: bundle.name, FleetLabels.bundleNamespace: "fleet-default"],
      manifestID: manifest.id, deploymentID: DeploymentID.make(manifestID: manifest.id, options: bundle.options),
      options: bundle.options, dependsOn: bundle.dependsOn,
      correctDrift: bundle.options.correctDrift ?? CorrectDrift(), paused: paused, copies: bundle.copies)
    set(bundle.name, content: content, options: payload.encoded())
    return payload.deploymentID
  }

  /// Puts blobs on the cluster as a deployment, whatever they are.
  func set(_ id: String, content: [UInt8], options: [UInt8]) {
    let digests = [content, options].map(Checksum.digest)
    blobs[digests[0]] = content
    blobs[digests[1]] = options
    revision += 1
    items[id] = DeploymentItem(
      id: id, version: String(Checksum.sha256Hex(Array("\(digests)".utf8)).prefix(16)), contentDigest: digests[0],
      optionsDigest: digests[1])
    changed([id])
  }

  /// Holds a status, as of an earlier session.
  func hold(_ id: String, _ status: [UInt8]) {
    statuses[id] = DeploymentStatus(id: id, version: "", status: status)
  }

  func remove(_ id: String) {
    revision += 1
    items[id] = nil
    changed([id])
  }

  /// Confirms removals that are held back.
  func confirmRemovals() {
    for session in sessions.values { session.yield(.removalsConfirmed) }
  }

  private func changed(_ ids: Set<String>) {
    for session in sessions.values { session.yield(.changed(ids)) }
  }

  /// The status of a deployment; nil before the first.
  func status(_ id: String) -> BundleDeploymentStatus? {
    guard let bytes = statuses[id]?.status, !bytes.isEmpty, let value = try? JSON.parse(bytes, file: "status") else {
      return nil
    }
    return try? BundleDeploymentStatus(value)
  }

  /// Every difference of a deployment that was ever told.
  func history(_ id: String) -> [String] { differences[id] ?? [] }

  /// The state of a deployment.
  func state(_ id: String, _ deploymentID: String) -> BundleState {
    (status(id) ?? BundleDeploymentStatus()).state(desiredID: deploymentID, stagedID: deploymentID)
  }

  func setClock(ahead seconds: Double) { clockAhead = seconds }
  func setNext(_ key: CurvePublicKey?) { nextKey = key }

  /// As if an agent had announced a key, and lost the answer.
  func note(_ next: CurvePublicKey, inPlaceOf key: CurvePublicKey) {
    announced[next] = key
    directory.set(next, identity: "fleet-default/cluster-1")
  }

  // MARK: - What agents ask

  private func announce(_ request: KeyChange, _ context: RPCContext) throws -> KeyChange {
    note(try CurvePublicKey(bytes: request.publicKey), inPlaceOf: context.peer)
    return KeyChange()
  }

  private func activate(_ context: RPCContext) -> KeyChange {
    if let old = announced.removeValue(forKey: context.peer) { directory.remove(old) }
    return KeyChange(context.peer)
  }

  private func knows(_ request: KeyChange) throws -> KeyChange {
    known.append(try CurvePublicKey(bytes: request.publicKey))
    return KeyChange()
  }

  private func completed(_ message: ManagerMessage) -> ManagerMessage {
    switch message {
    case .welcome(var welcome):
      welcome.timeMs = UInt64((Date().timeIntervalSince1970 + clockAhead) * 1000)
      welcome.nextManagerKey = nextKey?.bytes ?? []
      return .welcome(welcome)
    case .desired(var desired):
      desired.blobs = inline
      return .desired(desired)
    default: return message
    }
  }

  private func enroll(_ request: EnrollRequest, _ context: RPCContext) throws -> EnrollResponse {
    enrolments.append(request)
    if let refusal { throw refusal }
    directory.set(context.peer, identity: "fleet-default/cluster-1")
    return EnrollResponse(clusterNamespace: "fleet-default", clusterName: "cluster-1")
  }

  private func serve(_ stream: RPCStream<ManagerMessage, AgentMessage>) async throws {
    lastSession += 1
    let id = lastSession
    let (events, continuation) = AsyncStream<ManagerSession.Event>.makeStream()
    sessions[id] = continuation
    defer {
      sessions[id] = nil
      continuation.finish()
    }
    var core = ManagerSession(ManagerSession.Configuration(sessionID: id))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for try await message in stream.messages { continuation.yield(.received(message)) }
        continuation.finish()
      }
      for await event in events {
        for directive in core.handle(event) {
          switch directive {
          case .send(let message): try await stream.send(completed(message))
          case .recordHello(let hello): hellos.append(hello)
          case .loadAll:
            continuation.yield(.loadedAll(Array(items.values), revision: revision, statusHash: statusHash()))
          case .load(let ids): continuation.yield(.loaded(ids.compactMap { items[$0] }, revision: revision))
          case .commitStatus(let seq, let statuses):
            reports += 1
            for status in statuses {
              self.statuses[status.id] = status.status.isEmpty ? nil : status
              differences[status.id, default: []] += self.status(status.id)?.modifiedStatus.map(\.display) ?? []
            }
            continuation.yield(.statusCommitted(seq: seq))
          case .recordInventory(let versions): acked = versions
          case .recordAck(let set, let removed, _):
            for item in set { acked[item.id] = item.version }
            for id in removed { acked[id] = nil }
          case .recordNack(_, _, let items): refused += items
          case .recordComplete: completes += 1
          case .recordHeld(let ids, _): held = ids
          case .end(let reason): throw RPCError(reason.code, reason.message)
          case .recordRefusalOver: break
          }
        }
      }
      group.cancelAll()
    }
  }

  private func statusHash() -> [UInt8] {
    DeliveryHash.statuses(statuses.mapValues { DeliveryHash.status($0.status) })
  }

  private func fetch(_ stream: RPCStream<FetchChunk, FetchRequest>, _ context: RPCContext) async throws {
    for try await request in stream.messages {
      fetches += 1
      guard let bytes = forged[request.digest] ?? blobs[request.digest] else {
        throw RPCError(.notFound, "no blob \(request.digest)")
      }
      var offset = Int(request.offset)
      var sent = 0
      repeat {
        if let limit = cutsAfterChunks, sent == limit {
          cutsAfterChunks = nil
          context.channel.close()
          return
        }
        let end = min(bytes.count, offset + 64 << 10)
        try await stream.send(
          FetchChunk(offset: UInt64(offset), data: Array(bytes[offset..<end]), totalBytes: UInt64(bytes.count)))
        offset = end
        sent += 1
      } while offset < bytes.count
      return
    }
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
