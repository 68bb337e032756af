import Document
import Fleet
import HelmEngine

extension HelmInstaller {
  private static let records = ObjectType(apiVersion: "v1", kind: "Secret")

  /// Whether what Helm calls deployed is what was deployed: somebody may have removed the release, or upgraded it by hand.
  func exists(_ item: DesiredItem, _ applied: AppliedRelease) async throws(DeploymentFailure) -> Bool {
    do {
      if !applied.copies.isEmpty { try await restoreCopies(item) }
      let records = try await HelmRecord.all(of: applied.release, in: cluster)
      return records.last { $0.status == "deployed" }?.deploymentID == applied.deploymentID
    } catch {
      throw DeploymentFailure(error)
    }
  }

  func uninstall(_ removal: Removal) async throws(DeploymentFailure) {
    do {
      for release in removal.releases {
        let isThere = try await !records(of: release).isEmpty
        let details = isThere ? try await engine.get(release) : nil
        let access = try await access(to: details)
        // What was never deployed in whole has no other place that says so.
        if removal.keepsResources || details?.annotations[ReleaseAnnotations.keepResources] == "true" {
          try await removeRecords(of: release, with: access)
          continue
        }
        if isThere {
          try await letGo(of: removal.sparing, by: release)
          try await uninstall(release, with: access)
        }
        try await removeCopies(of: removal.copiesOf, beside: release, details)
        if removal.namespaces.contains(release.namespace) {
          let account = details?.annotations[ReleaseAnnotations.serviceAccount] ?? ""
          try await removeNamespace(release.namespace, serviceAccount: account)
        }
      }
    } catch {
      throw DeploymentFailure(error)
    }
  }

  /// The rights that a release was made with: its hooks make objects once more.
  private func access(to details: Release?) async throws -> Access {
    try await access(serviceAccount: details?.annotations[ReleaseAnnotations.serviceAccount] ?? "")
  }

  /// Removes a release's objects, and Helm's record of them once they are gone: until then it is what remembers them.
  private func uninstall(_ release: ReleaseIdentity, with access: Access) async throws {
    let newest = try await records(of: release).max { HelmRecord.revision(of: $0) < HelmRecord.revision(of: $1) }
    if let newest, HelmRecord.status(of: newest) != "uninstalled" {
      var options = UninstallOptions()
      options.keepHistory = true
      try await access.perform { [options] in try await $0.uninstall(release, options: options) }
    }
    try await checkGone(release)
    try await removeRecords(of: release, with: access)
  }

  /// Fails while objects of a removed release are held by finalizers, and names them.
  func checkGone(_ release: ReleaseIdentity) async throws {
    let kinds = try await cluster.kinds(refreshed: false)
    var waiting: [String] = []
    for record in try await HelmRecord.all(of: release, in: cluster).suffix(1) {
      for object in try ManifestObjects.parse(record.manifest, file: "release \(release)") {
        let identity = kinds.complete(ObjectIdentity(of: object), releaseNamespace: release.namespace)
        // What is not on its way out was left on purpose, or is somebody else's by now.
        guard let live = try await cluster.object(identity), live.at("metadata", "deletionTimestamp") != nil else {
          continue
        }
        let finalizers = (live.at("metadata", "finalizers")?.array ?? []).compactMap(\.string)
        waiting.append(
          identity.display + (finalizers.isEmpty ? "" : " (finalizers \(finalizers.joined(separator: ", ")))"))
      }
    }
    guard !waiting.isEmpty else { return }
    let named = waiting.prefix(Limits.statusEntries).joined(separator: ", ")
    throw DeploymentFailure(
      kind: .leaving, message: "release \(release) is removed once these objects are gone: \(named)")
  }

  func remove(_ removal: Removal, superseding newer: AppliedRelease) async throws(DeploymentFailure) {
    do {
      let kept = Set(newer.objects.map(\.unversioned))
      let kinds = try await cluster.kinds(refreshed: false)
      for release in removal.releases {
        try await letGo(of: removal.sparing, by: release)
        let old = try await engine.get(release)
        if release.namespace != newer.release.namespace {
          try await removeCopies(of: removal.copiesOf, beside: release, old)
        }
        guard let old else { continue }
        let access = try await access(to: old)
        let objects = try ManifestObjects.parse(old.manifest, file: "release \(release)").map { object in
          (object, kinds.complete(ObjectIdentity(of: object), releaseNamespace: release.namespace))
        }
        guard objects.contains(where: { kept.contains($0.1.unversioned) }) else {
          try await uninstall(release, with: access)
          continue
        }
        // Helm's removal would take the objects along that the newer release holds now.
        for (object, identity) in objects.reversed() where !kept.contains(identity.unversioned) {
          let policy = object.at("metadata", "annotations", FleetLabels.helmResourcePolicy)?.string
          if policy != "keep" { try await access.cluster.delete(identity) }
        }
        try await removeRecords(of: release, with: access)
      }
    } catch {
      throw DeploymentFailure(error)
    }
  }

  func orphans(known: Set<ReleaseIdentity>) async throws(DeploymentFailure) -> [ReleaseIdentity] {
    do {
      let records = try await cluster.objects(
        Self.records, namespace: nil, labels: ReleaseMarks.selector(scope: scope))
      var found: Set<ReleaseIdentity> = []
      for record in records.objects {
        guard let name = record.at("metadata", "labels", "name")?.string else { continue }
        found.insert(ReleaseIdentity(name: name, namespace: record.at("metadata", "namespace")?.string ?? ""))
      }
      var orphans: [ReleaseIdentity] = []
      for release in found.subtracting(known).sorted(by: { $0.description < $1.description }) {
        // The label finds candidates; what a release says of itself decides.
        guard let details = try await engine.get(release),
          details.annotations[ReleaseAnnotations.agentNamespace] == agentNamespace,
          details.annotations[ReleaseAnnotations.bundleID] != nil
        else { continue }
        orphans.append(release)
      }
      return orphans
    } catch {
      throw DeploymentFailure(error)
    }
  }

  /// Takes objects out of Helm's records of a release: Helm would remove them, and another deployment takes them over.
  func letGo(of taken: Set<TakenObject>, by release: ReleaseIdentity, except kept: Set<TakenObject> = []) async throws {
    guard !taken.isEmpty else { return }
    let kinds = try await cluster.kinds(refreshed: false)
    for record in try await HelmRecord.all(of: release, in: cluster) {
      // As Helm itself does, with the rights of the release: the agent writes nothing with its own.
      let patch = try record.patch { object in
        let object = TakenObject(kinds.complete(object, releaseNamespace: release.namespace))
        return taken.contains(object) && !kept.contains(object)
      }
      guard let patch else { continue }
      logger.notice("objects are left to the deployment that takes them over", metadata: ["release": "\(release)"])
      let access = try await access(serviceAccount: record.serviceAccount)
      try await access.cluster.mergePatch(record.identity, patch)
    }
  }

  /// Helm's records of a release: one Secret for each revision.
  func records(of release: ReleaseIdentity) async throws -> [Value] {
    try await cluster.objects(
      Self.records, namespace: release.namespace, labels: ["owner": "helm", "name": release.name]
    ).objects
  }

  /// Removes Helm's record of a release, and no object of it.
  private func removeRecords(of release: ReleaseIdentity, with access: Access) async throws {
    for record in try await records(of: release) {
      var identity = ObjectIdentity(of: record)
      identity.apiVersion = Self.records.apiVersion
      identity.kind = Self.records.kind
      try await access.cluster.delete(identity)
    }
  }
}
