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
        _ = try await access.perform { try await $0.recover(applied.release) }
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
      var corrected = applied
      do {
        corrected.revision = try await rollBack(applied.release, options, after: newest, payload.correctDrift, access)
      } catch {
        guard payload.correctDrift.force, try await removeUnchangeable(target, of: applied, payload, access) else {
          throw error
        }
        guard let newest = try await HelmRecord.all(of: applied.release, in: cluster).last else { throw error }
        corrected.revision = try await rollBack(applied.release, options, after: newest, payload.correctDrift, access)
      }
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

  /// Rolls back, and answers with the new revision. An attempt that fails is taken out of Helm's history unless that is wanted.
  private func rollBack(
    _ release: ReleaseIdentity, _ options: RollbackOptions, after newest: HelmRecord, _ correctDrift: CorrectDrift,
    _ access: Access
  ) async throws -> Int {
    do {
      try await access.perform { try await $0.rollback(release, options: options) }
    } catch {
      if !correctDrift.keepFailHistory { try await forgetFailure(after: newest, of: release, with: access) }
      throw error
    }
    return newest.revision + 1
  }

  /// Kinds that are never deleted to be made anew: what they hold would be lost.
  private static let irreplaceable: Set<String> = [
    "CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim",
  ]

  /// The API server's words for a field that stays as it is for as long as its object lives.
  private static let unchangeable = ["immutable", "Forbidden: ", "cannot change roleRef"]

  /// Deletes the release's objects that the API server would not change to what was deployed: one of their fields is immutable.
  /// Whether there were any.
  private func removeUnchangeable(
    _ target: HelmRecord, of applied: AppliedRelease, _ payload: DeploymentPayload, _ access: Access
  ) async throws -> Bool {
    let kinds = try await cluster.kinds(refreshed: false)
    let setHash = PostRender(payload: payload).setHash
    var isAny = false
    for object in try ManifestObjects.parse(target.manifest, file: "release \(applied.text)") {
      let identity = kinds.complete(ObjectIdentity(of: object), releaseNamespace: applied.release.namespace)
      let policy = object.at("metadata", "annotations", FleetLabels.helmResourcePolicy)?.string
      guard !Self.irreplaceable.contains(identity.kind), policy != "keep",
        case .refused(let reason) = try await access.cluster.dryRun(DriftComparison.wanted(object), of: identity),
        Self.unchangeable.contains(where: reason.contains),
        let live = try await cluster.object(identity), live.at("metadata", "deletionTimestamp") == nil,
        live.at("metadata", "labels", FleetLabels.objectSetHash)?.string == setHash
      else { continue }
      logger.notice(
        "an object that cannot be changed is made anew",
        metadata: ["object": "\(identity.text)", "reason": "\(reason)"])
      try await access.cluster.delete(identity)
      isAny = true
    }
    return isAny
  }

  /// Takes a failed attempt out of Helm's history; the revision before it is the deployed one again.
  private func forgetFailure(
    after newest: HelmRecord, of release: ReleaseIdentity, with access: Access
  ) async throws {
    let records = try await HelmRecord.all(of: release, in: cluster)
    guard let failed = records.last, failed.revision == newest.revision + 1, failed.status != "deployed" else { return }
    try await access.cluster.delete(failed.identity)
    if let before = records.dropLast().last, before.revision == newest.revision, before.status != newest.status {
      try await access.cluster.mergePatch(before.identity, try newest.deployedPatch())
    }
  }
}
