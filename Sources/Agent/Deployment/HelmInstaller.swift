import Document
import Fleet
import HelmEngine
import Kustomizer
import Logging

/// Deploys with Helm: every bundle becomes a release, whatever it was made from (fleet-behaviour §5.4 to §5.6).
struct HelmInstaller: ReleaseInstaller {
  /// The cluster's releases.
  let engine: HelmEngine
  /// How ``engine`` reaches the cluster.
  let connection: ClusterConnection
  /// Builds the kustomizations of bundles that have one.
  let kustomizer: Kustomizer
  /// The cluster's other objects.
  let cluster: any ClusterAPI
  /// What was deployed, for those who compare.
  let manifests: DeployedManifests
  /// Where contents and options lie.
  let blobs: BlobCache
  /// The agent's namespace, noted in every release.
  let agentNamespace: String
  /// Tells the releases of this agent from those of another one on the same cluster; see ``ReleaseMarks``.
  let scope: String
  let logger: Logger

  func apply(
    _ item: DesiredItem, releases: [ReleaseIdentity], sparing: Set<TakenObject> = []
  ) async throws(DeploymentFailure) -> AppliedRelease {
    do {
      let (payload, manifest) = try await load(item)
      let plan = try ReleasePlan(manifest: manifest, payload: payload, agentNamespace: agentNamespace)
      let release = ReleaseIdentity(name: plan.releaseName, namespace: plan.namespace)
      try await checkOptions(payload.options)
      let access = try await access(serviceAccount: payload.options.serviceAccount)
      let existing = try await current(release, with: access)
      try await putCopies(payload, existing: existing, with: access)
      if let existing, existing.status == .deployed, Self.holds(existing, payload) {
        logger.debug("the release is this version already", metadata: ["release": "\(release)"])
        return try await describe(existing, payload: payload)
      }
      // What is applied to an object that is going goes with it.
      if existing?.status == .uninstalled { try await checkGone(release) }
      let rendering = try await render(plan, payload: payload, existing: existing, with: access)
      var options = deployOptions(payload)
      let takesOver = TakenObject.all(of: payload.options)
      if existing == nil, !takesOver.isEmpty || releases.contains(where: { $0 != release }) {
        let others = rendering.objects.filter { !takesOver.contains(TakenObject(ObjectIdentity(of: $0))) }
        try await checkOwnership(of: others, setHash: plan.postRender.setHash)
        options.takeOwnership = true
      }
      if existing != nil {
        let kept = Set(rendering.objects.map { TakenObject(ObjectIdentity(of: $0)) })
        try await letGo(of: sparing, by: release, except: kept)
      }
      let installed: Release
      if existing == nil || existing?.status == .uninstalled {
        try await makeNamespace(payload.options, with: access)
        options.createNamespace = false
        installed = try await access.perform { [options] in
          try await $0.install(release, chart: rendering.chart, values: rendering.values, options: options)
        }
      } else {
        installed = try await access.perform { [options] in
          try await $0.upgrade(release, chart: rendering.chart, values: rendering.values, options: options)
        }
      }
      try await setNamespaceMetadata(payload.options, with: access)
      // What was deployed may have brought kinds of its own.
      let bringsKinds = rendering.objects.contains { $0["kind"]?.string == "CustomResourceDefinition" }
      let kinds = try await cluster.kinds(refreshed: bringsKinds)
      var applied = AppliedRelease(
        deploymentID: payload.deploymentID, release: release, revision: installed.revision,
        keepsResources: payload.options.keepResources, copies: DownstreamCopy.hash(of: payload.copies),
        objects: rendering.objects.map { kinds.complete(ObjectIdentity(of: $0), releaseNamespace: release.namespace) },
        previous: try identities(of: existing?.manifest ?? "", release, kinds))
      applied.deletesNamespace = payload.options.deleteNamespace
      await manifests.keep(rendering.objects, of: applied, kinds: kinds)
      return applied
    } catch {
      throw DeploymentFailure(error)
    }
  }

  /// Whether a release is a version already.
  private static func holds(_ release: Release, _ payload: DeploymentPayload) -> Bool {
    release.annotations[ReleaseMarks.deploymentID] == payload.deploymentID
      && release.annotations[ReleaseMarks.copies] ?? "" == DownstreamCopy.hash(of: payload.copies)
  }

  func load(_ item: DesiredItem) async throws -> (DeploymentPayload, Manifest) {
    guard let options = try await blobs.read(item.optionsDigest), let content = try await blobs.read(item.contentDigest)
    else {
      throw DeploymentFailure(
        kind: .transient,
        message: "the contents of deployment \(item.id) are not in the state directory; fetching them again")
    }
    let payload = try DeploymentPayload(decoding: options)
    return (payload, try Manifest(blob: content, expecting: payload.manifestID))
  }

  /// The release as it is, fit for the next operation: what a crash interrupted is finished first.
  private func current(_ release: ReleaseIdentity, with access: Access) async throws -> Release? {
    // Asking Helm for what is not there costs it a round of discovery; asking for its records costs one small read.
    guard try await !records(of: release).isEmpty, let found = try await engine.get(release) else { return nil }
    guard found.status.isUnfinished else { return found }
    let recovery = try await access.perform { try await $0.recover(release) }
    logger.notice(
      "finished an operation that was interrupted", metadata: ["release": "\(release)", "recovery": "\(recovery)"])
    return try await engine.get(release)
  }

  private func describe(_ release: Release, payload: DeploymentPayload) async throws -> AppliedRelease {
    let kinds = try await cluster.kinds(refreshed: false)
    let identity = release.summary.identity
    let before = try await HelmRecord.all(of: identity, in: cluster).last { $0.revision < release.revision }
    var applied = AppliedRelease(
      deploymentID: payload.deploymentID, release: identity, revision: release.revision,
      keepsResources: payload.options.keepResources, copies: DownstreamCopy.hash(of: payload.copies),
      objects: try identities(of: release.manifest, identity, kinds),
      previous: try identities(of: before?.manifest ?? "", identity, kinds))
    applied.deletesNamespace = payload.options.deleteNamespace
    return applied
  }

  private func identities(
    of manifest: String, _ release: ReleaseIdentity, _ kinds: ClusterKinds
  ) throws -> [ObjectIdentity] {
    try ManifestObjects.parse(manifest, file: "release \(release)").map {
      kinds.complete(ObjectIdentity(of: $0), releaseNamespace: release.namespace)
    }
  }

  func deployOptions(_ payload: DeploymentPayload) -> DeployOptions {
    let helm = payload.options.helm ?? HelmOptions()
    var options = DeployOptions()
    options.atomic = helm.atomic
    options.timeoutSeconds = helm.timeoutSeconds > 0 ? helm.timeoutSeconds : nil
    options.waitForJobs = helm.waitForJobs
    options.force = helm.force || payload.correctDrift.force
    options.takeOwnership = helm.takeOwnership
    options.maxHistory = helm.maxHistory > 0 ? helm.maxHistory : 2
    options.disableDNS = helm.disableDNS
    options.skipSchemaValidation = helm.skipSchemaValidation
    options.labels = ReleaseMarks.labels(scope: scope)
    return options
  }

  /// A release under a new name takes its objects with it; objects of others it must leave alone.
  private func checkOwnership(of objects: [Value], setHash: String) async throws {
    for object in objects {
      let identity = ObjectIdentity(of: object)
      guard let live = try await cluster.object(identity) else { continue }
      guard live.at("metadata", "labels", FleetLabels.objectSetHash)?.string == setHash else {
        throw DeploymentFailure(kind: .transient, message: "\(identity.display) exists and is not owned by us")
      }
    }
  }
}
