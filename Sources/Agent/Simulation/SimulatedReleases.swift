import Document
import Fleet
import HelmEngine
import Synchronization

/// What the simulated agents of one process know of contents and options: each distinct blob is kept and read once, however
/// many agents hold it, for as long as one does.
final class SimulatedReleases: BlobKeeper {
  /// What a deployment's blobs make of it.
  final class Release: Sendable {
    let deploymentID: String
    let identity: ReleaseIdentity
    let syncGeneration: Int64
    let isPaused: Bool
    let objects: [ObjectIdentity]

    init(_ payload: DeploymentPayload, objects: [ObjectIdentity]) {
      deploymentID = payload.deploymentID
      identity = ReleaseIdentity(
        name: payload.options.releaseName(bundle: payload.bundleName), namespace: payload.options.releaseNamespace)
      syncGeneration = payload.options.forceSyncGeneration
      isPaused = payload.paused
      self.objects = objects
    }
  }

  /// Both blobs of a version.
  private struct Blobs: Hashable {
    let content: String
    let options: String
  }

  private struct State {
    var bytes: [String: [UInt8]] = [:]
    var holders: [String: Int] = [:]
    var releases: [Blobs: Release] = [:]
  }

  private let state = Mutex(State())
  /// What they make of the agents' deployments.
  let successes = SimulatedSuccesses()

  func store(_ bytes: [UInt8], as digest: String) async throws {
    state.withLock { if $0.bytes[digest] == nil { $0.bytes[digest] = bytes } }
  }

  /// What an item is, once its blobs are here.
  ///
  /// - Throws: `FleetError` where they cannot be read, `AgentError` where one is not here.
  func release(of item: DesiredItem) throws -> Release {
    let blobs = Blobs(content: item.contentDigest, options: item.optionsDigest)
    let (known, content, options) = state.withLock {
      ($0.releases[blobs], $0.bytes[blobs.content], $0.bytes[blobs.options])
    }
    if let known { return known }
    guard let content, let options else { throw AgentError(.content, "a blob of \(item.id) is not here") }
    let payload = try DeploymentPayload(decoding: options)
    let manifest = try Manifest(blob: content, expecting: payload.manifestID)
    let release = Release(payload, objects: Self.objects(of: manifest, namespace: payload.options.releaseNamespace))
    return state.withLock { state in
      // Another agent may have been quicker; all have the same one.
      if let known = state.releases[blobs] { return known }
      state.releases[blobs] = release
      return release
    }
  }

  /// An agent holds an item from now on.
  func hold(_ item: DesiredItem) {
    state.withLock { state in for digest in item.digests { state.holders[digest, default: 0] += 1 } }
  }

  /// An agent holds an item no more.
  func drop(_ item: DesiredItem) {
    state.withLock { state in
      for digest in item.digests {
        let left = (state.holders[digest] ?? 0) - 1
        state.holders[digest] = left > 0 ? left : nil
        if left <= 0 { state.bytes[digest] = nil }
      }
      let blobs = Blobs(content: item.contentDigest, options: item.optionsDigest)
      if state.bytes[blobs.content] == nil || state.bytes[blobs.options] == nil { state.releases[blobs] = nil }
    }
  }

  /// The objects of the plain manifests; a chart's are not rendered here.
  private static func objects(of manifest: Manifest, namespace: String) -> [ObjectIdentity] {
    guard !manifest.resources.contains(where: { $0.name.hasSuffix("Chart.yaml") }) else { return [] }
    return manifest.resources.flatMap { file -> [ObjectIdentity] in
      guard file.name.hasSuffix(".yaml") || file.name.hasSuffix(".yml"), let bytes = try? file.bytes(),
        let objects = try? ManifestObjects.parse(String(decoding: bytes, as: UTF8.self), file: file.name)
      else { return [] }
      return objects.map { object in
        var identity = ObjectIdentity(of: object)
        let isNamespaced = BuiltInKinds.isNamespaced(apiVersion: identity.apiVersion, kind: identity.kind) ?? true
        if identity.namespace.isEmpty, isNamespaced { identity.namespace = namespace }
        return identity
      }
    }
  }
}
