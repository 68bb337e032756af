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
        if removal.keepsResources {
          try await removeRecords(of: release)
          continue
        }
        var details: Release?
        if try await !records(of: release).isEmpty {
          try await letGo(of: removal.sparing, by: release)
          details = try await engine.get(release)
          try await uninstall(release, details)
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

  /// Removes a release with the rights that it was made with: its hooks make objects once more.
  private func uninstall(_ release: ReleaseIdentity, _ details: Release?) async throws {
    let account = details?.annotations[ReleaseAnnotations.serviceAccount] ?? ""
    try await access(serviceAccount: account).engine.uninstall(release)
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
        let objects = try ManifestObjects.parse(old.manifest, file: "release \(release)").map { object in
          (object, kinds.complete(ObjectIdentity(of: object), releaseNamespace: release.namespace))
        }
        guard objects.contains(where: { kept.contains($0.1.unversioned) }) else {
          try await uninstall(release, old)
          continue
        }
        // Helm's removal would take the objects along that the newer release holds now.
        for (object, identity) in objects.reversed() where !kept.contains(identity.unversioned) {
          let policy = object.at("metadata", "annotations", FleetLabels.helmResourcePolicy)?.string
          if policy != "keep" { try await cluster.delete(identity) }
        }
        try await removeRecords(of: release)
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
      let patch = try record.patch { object in
        let object = TakenObject(kinds.complete(object, releaseNamespace: release.namespace))
        return taken.contains(object) && !kept.contains(object)
      }
      guard let patch else { continue }
      logger.notice("objects are left to the deployment that takes them over", metadata: ["release": "\(release)"])
      try await cluster.mergePatch(record.identity, patch)
    }
  }

  /// Helm's records of a release: one Secret for each revision.
  func records(of release: ReleaseIdentity) async throws -> [Value] {
    try await cluster.objects(
      Self.records, namespace: release.namespace, labels: ["owner": "helm", "name": release.name]
    ).objects
  }

  /// Removes Helm's record of a release, and no object of it.
  private func removeRecords(of release: ReleaseIdentity) async throws {
    for record in try await records(of: release) {
      var identity = ObjectIdentity(of: record)
      identity.apiVersion = Self.records.apiVersion
      identity.kind = Self.records.kind
      try await cluster.delete(identity)
    }
  }
}
