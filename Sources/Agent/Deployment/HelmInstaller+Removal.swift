import Document
import Fleet
import HelmEngine

extension HelmInstaller {
  private static let records = ObjectType(apiVersion: "v1", kind: "Secret")

  func exists(_ applied: AppliedRelease) async throws(DeploymentFailure) -> Bool {
    do {
      return try await records(of: applied.release).contains {
        $0.at("metadata", "labels", "status")?.string == "deployed"
      }
    } catch {
      throw DeploymentFailure(error)
    }
  }

  func uninstall(_ releases: [ReleaseIdentity], keepsResources: Bool) async throws(DeploymentFailure) {
    do {
      for release in releases {
        if keepsResources {
          try await removeRecords(of: release)
        } else if try await !records(of: release).isEmpty {
          try await uninstall(release, try await engine.get(release))
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

  func remove(_ releases: [ReleaseIdentity], superseding newer: AppliedRelease) async throws(DeploymentFailure) {
    do {
      let kept = Set(newer.objects.map(\.unversioned))
      let kinds = try await cluster.kinds(refreshed: false)
      for release in releases {
        guard let old = try await engine.get(release) else { continue }
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
