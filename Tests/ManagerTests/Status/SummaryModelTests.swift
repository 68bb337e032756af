import Document
import Fleet
import Store
import Testing

@testable import Manager

@Suite("The counting of deployments")
struct SummaryModelTests {
  private let cluster = ObjectName(namespace: "fleet-default", name: "c")
  private let bundle = ObjectName(namespace: "fleet-default", name: "b")

  private func change(_ kind: String, _ revision: UInt64, _ body: [UInt8]?) -> ObjectChange {
    let key = ObjectKey(kind: kind, namespace: "cluster-c", name: "b")
    return ObjectChange(
      key: key,
      object: body.map { StoredObject(key: key, body: $0, revision: Revision(revision), created: Revision(1)) },
      revision: Revision(revision))
  }

  private func deployment(_ id: String, at revision: UInt64) -> ObjectChange {
    let record = TestDeployments.record(id, bundle: bundle, cluster: cluster)
    return change(StoredKind.bundleDeployments, revision, record.encoded())
  }

  private func status(_ id: String, ready: Bool, at revision: UInt64) -> ObjectChange {
    change(StoredKind.deploymentStatuses, revision, TestDeployments.status(id, ready: ready))
  }

  private var key: ObjectKey { deployment("v1", at: 0).key }

  @Test("changes that end where they began touch nothing, once they are counted together")
  func together() {
    var model = SummaryModel()
    #expect(model.note(deployment("v1", at: 1)) == [.deployment(key)])
    #expect(model.note(status("v1", ready: true, at: 2)) == [.deployment(key)])
    #expect(model.bundle(bundle).counts.total == 0, "nothing is counted before it is asked for")
    #expect(model.count(key) == [.bundle(bundle), .cluster(cluster)])
    #expect(model.bundle(bundle).counts[.ready] == 1 && model.bundle(bundle).counts.total == 1)

    _ = model.note(deployment("v2", at: 3))
    _ = model.note(status("v2", ready: true, at: 4))
    #expect(model.count(key).isEmpty)

    _ = model.note(deployment("v3", at: 5))
    #expect(!model.count(key).isEmpty)
    #expect(model.bundle(bundle).counts[.ready] == 0 && model.bundle(bundle).counts.total == 1)
    // The status that was there is counted again, with the deployment that has come since.
    _ = model.note(status("v2", ready: false, at: 6))
    _ = model.note(deployment("v2", at: 7))
    _ = model.count(key)
    #expect(model.bundle(bundle).counts[.notReady] == 1)
    #expect(model.note(status("v2", ready: true, at: 6)).isEmpty, "what it knows already is no news")
  }

  @Test("a deployment that is counted out after its bundle and its cluster leaves nothing to one of the same name")
  func late() {
    var model = SummaryModel()
    func object(_ kind: String, at revision: UInt64, gone: Bool) -> ObjectChange {
      let key = ObjectKey(kind: kind, namespace: bundle.namespace, name: kind == StoredKind.bundles ? "b" : "c")
      let stored = StoredObject(key: key, body: [0x7B, 0x7D], revision: Revision(revision), created: Revision(1))
      return ObjectChange(key: key, object: gone ? nil : stored, revision: Revision(revision))
    }
    let kinds = [StoredKind.clusters, StoredKind.bundles]
    for (revision, kind) in zip(UInt64(1)..., kinds) { _ = model.note(object(kind, at: revision, gone: false)) }
    _ = model.note(deployment("v1", at: 3))
    _ = model.count(key)
    #expect(model.bundle(bundle).counts.total == 1)
    _ = model.note(change(StoredKind.bundleDeployments, 4, nil))
    for (revision, kind) in zip(UInt64(5)..., kinds) { _ = model.note(object(kind, at: revision, gone: true)) }
    _ = model.count(key)
    for (revision, kind) in zip(UInt64(7)..., kinds) { _ = model.note(object(kind, at: revision, gone: false)) }
    #expect(model.bundle(bundle) == BundleCounter() && model.cluster(cluster) == ClusterCounter())
    _ = model.note(deployment("v1", at: 9))
    _ = model.count(key)
    #expect(model.bundle(bundle).counts.total == 1)
  }

  @Test("a deployment that is gone is counted no more, whether its status went before or after it")
  func gone() {
    for kinds in [
      [StoredKind.bundleDeployments, StoredKind.deploymentStatuses],
      [StoredKind.deploymentStatuses, StoredKind.bundleDeployments],
    ] {
      var model = SummaryModel()
      _ = model.note(deployment("v1", at: 1))
      _ = model.note(status("v1", ready: true, at: 2))
      _ = model.count(key)
      for (revision, kind) in zip(UInt64(3)..., kinds) {
        _ = model.note(change(kind, revision, nil))
        _ = model.count(key)
      }
      #expect(model.bundle(bundle).counts.total == 0)
      #expect(model.count(key).isEmpty)
    }
  }
}
