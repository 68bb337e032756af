import Document
import Fleet
import HelmEngine

extension HelmInstaller {
  /// Rolls the release back to the revision that stands, as Fleet does (fleet-behaviour §5.10): what was deployed is applied once
  /// more, as a new revision.
  func correct(_ item: DesiredItem, _ applied: AppliedRelease) async throws(DeploymentFailure) -> AppliedRelease {
    do {
      let payload = try await load(item).0
      let access = try await access(serviceAccount: payload.options.serviceAccount)
      var records = try await HelmRecord.all(of: applied.release, in: cluster)
      if records.last?.isUnfinished == true {
        _ = try await engine.recover(applied.release)
        records = try await HelmRecord.all(of: applied.release, in: cluster)
      }
      let isOurs = { (record: HelmRecord) in record.deploymentID == applied.deploymentID }
      guard
        let target = records.last(where: { isOurs($0) && $0.status == "deployed" })
          ?? records.last(where: { isOurs($0) && $0.status == "superseded" }), let newest = records.last
      else {
        throw DeploymentFailure(
          kind: .transient,
          message: "Helm's history of release \(applied.release) has no revision of what was deployed to go back to")
      }
      var options = RollbackOptions()
      options.revision = target.revision
      options.force = payload.correctDrift.force
      options.maxHistory = deployOptions(payload).maxHistory
      do {
        try await access.engine.rollback(applied.release, options: options)
      } catch {
        if !payload.correctDrift.keepFailHistory { try await forgetFailure(after: newest, of: applied.release) }
        throw error
      }
      var corrected = applied
      corrected.revision = newest.revision + 1
      // The revision before holds the same objects: nothing is left over of it.
      corrected.previous = []
      let kinds = try await cluster.kinds(refreshed: false)
      let objects = try ManifestObjects.parse(target.manifest, file: "release \(applied.text)")
      await manifests.keep(objects, of: corrected, kinds: kinds)
      return corrected
    } catch {
      throw DeploymentFailure(error)
    }
  }

  /// Takes a failed attempt out of Helm's history; the revision before it is the deployed one again.
  private func forgetFailure(after newest: HelmRecord, of release: ReleaseIdentity) async throws {
    let records = try await HelmRecord.all(of: release, in: cluster)
    guard let failed = records.last, failed.revision == newest.revision + 1, failed.status != "deployed" else { return }
    try await cluster.delete(failed.identity)
    if let before = records.dropLast().last, before.revision == newest.revision, before.status != newest.status {
      try await cluster.mergePatch(before.identity, try newest.deployedPatch())
    }
  }
}
