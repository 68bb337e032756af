import Document
import Fleet
import Store
import Testing

@testable import Manager

/// A change of a cluster or a group must lead to those bundles of which some cluster gets something else, and to no others.
@Suite("Catalog")
struct CatalogTests {
  /// A catalog, and what was told to it.
  private struct World {
    var catalog = Catalog()
    private var revision: UInt64 = 0

    mutating func tell(_ kind: String, _ name: String, in namespace: String = "shops", _ object: Value?) -> Set<
      BundleWork
    > {
      revision += 1
      let key = ObjectKey(kind: kind, namespace: namespace, name: name)
      guard var object else {
        return catalog.apply(ObjectChange(key: key, object: nil, revision: Revision(revision)))
      }
      object.set(.string(name), at: "metadata", "name")
      object.set(.string(namespace), at: "metadata", "namespace")
      let stored = StoredObject(
        key: key, body: JSON.encode(object), revision: Revision(revision), created: Revision(revision))
      return catalog.apply(ObjectChange(key: key, object: stored, revision: Revision(revision)))
    }

    mutating func bundle(_ name: String, in namespace: String = "shops", _ spec: Value) {
      _ = tell(
        StoredKind.bundles, name, in: namespace,
        ["spec": spec, "metadata": ["labels": ["app": .string(name)]], "content": ["id": "s-1", "digest": "d"]])
    }

    /// The bundles that a cluster in this state must be looked at for; nil for a cluster that is gone.
    mutating func cluster(_ name: String, _ labels: [String: String]?, namespace: String? = "cluster-shops") -> Set<
      String
    > {
      let object: Value? = labels.map {
        ["metadata": ["labels": Value($0)], "spec": [:], "status": ["namespace": .string(namespace ?? "")]]
      }
      let work = tell(StoredKind.clusters, name, object)
      #expect(work.allSatisfy { $0.cluster?.name == name })
      return Set(work.map(\.bundle.name))
    }
  }

  private func selecting(_ label: String, _ value: String) -> Value {
    ["targets": [["clusterSelector": ["matchLabels": [label: .string(value)]]]]]
  }

  @Test("a cluster concerns the bundles it gets once it has a namespace, and when relabelled those that change")
  func cluster() {
    var world = World()
    world.bundle("dev", selecting("env", "dev"))
    world.bundle("prod", selecting("env", "prod"))
    world.bundle("all", ["targets": [["clusterSelector": [:]]]])
    world.bundle("other", in: "elsewhere", ["targets": [["clusterSelector": [:]]]])
    #expect(world.cluster("one", ["env": "dev"], namespace: nil).isEmpty)
    #expect(world.cluster("one", ["env": "dev"]) == ["dev", "all"])
    #expect(world.cluster("one", ["env": "dev", "note": "x"]).isEmpty)
    #expect(world.cluster("one", ["env": "prod"]) == ["dev", "prod"])
    #expect(world.cluster("one", nil) == ["prod", "all"])
  }

  @Test("a cluster that goes concerns what is deployed to it, also where nothing targets it any more")
  func leftover() throws {
    var world = World()
    world.bundle("dev", selecting("env", "dev"))
    _ = world.cluster("one", ["env": "prod"])
    let record = DeploymentRecord(
      uid: "u", created: "", generation: 1, bundle: ObjectName(namespace: "shops", name: "dev"),
      cluster: ObjectName(namespace: "shops", name: "one"), current: nil, staged: nil, paused: false, error: "")
    _ = world.tell(StoredKind.bundleDeployments, "dev", in: "cluster-shops", try JSON.parse(record.encoded()))
    #expect(world.catalog.deployments(of: record.bundle, on: record.cluster).keys.sorted() == ["cluster-shops"])
    #expect(world.cluster("one", nil) == ["dev"])
    #expect(world.catalog.deployments(of: record.bundle, on: record.cluster).count == 1)
  }

  @Test("a group concerns the bundles that ask for it, for all clusters")
  func group() {
    var world = World()
    world.bundle("red", ["targets": [["clusterGroup": "red"]]])
    world.bundle("all", ["targets": [["clusterSelector": [:]]]])
    let group: Value = ["spec": ["selector": ["matchLabels": ["env": "dev"]]]]
    let red = BundleWork(bundle: ObjectName(namespace: "shops", name: "red"), cluster: nil)
    #expect(world.tell(StoredKind.clusterGroups, "red", group) == [red])
    #expect(world.tell(StoredKind.clusterGroups, "red", group).isEmpty)
    #expect(world.cluster("one", ["env": "dev"]) == ["red", "all"])
    #expect(world.cluster("one", ["env": "prod"]) == ["red"])
    #expect(world.tell(StoredKind.clusterGroups, "red", nil) == [red])
  }

  @Test("values that lie in a Secret may ask for any label until the Secret is known")
  func values() throws {
    var world = World()
    let spec: Value = [
      "targets": [["name": "t", "clusterSelector": [:]]],
      "helm": ["values": ["region": "global.fleet.clusterLabels.region"]],
    ]
    let bundle = Bundle(metadata: ObjectMeta(name: "app", namespace: "shops"), spec: try BundleSpec(spec))
    let cut = try BundleValues.cut(bundle)
    world.bundle("app", cut.bundle.spec.value)
    #expect(world.cluster("one", ["region": "eu"]) == ["app"])
    #expect(world.cluster("one", ["region": "eu", "note": "x"]) == ["app"])
    let secret = world.tell(StoredKind.secrets, "app", cut.values.secret(of: bundle.value, over: nil))
    #expect(secret.map(\.bundle.name) == ["app"])
    #expect(world.cluster("one", ["region": "eu", "note": "y"]).isEmpty)
    #expect(world.cluster("one", ["region": "us", "note": "y"]) == ["app"])
  }

  @Test("clusters of a mapped namespace concern the bundles that the mapping brings")
  func mapping() {
    var world = World()
    world.bundle("far", in: "bundles", selecting("env", "dev"))
    #expect(world.cluster("one", ["env": "dev"]).isEmpty)
    _ = world.tell(StoredKind.namespaces, "shops", in: "", ["metadata": ["labels": ["kind": "shops"]]])
    let mapping: Value = [
      "kind": "BundleNamespaceMapping", "bundleSelector": [:], "namespaceSelector": ["matchLabels": ["kind": "shops"]],
    ]
    let work = world.tell(StoredKind.bundleNamespaceMappings, "m", in: "bundles", mapping)
    #expect(work.map(\.bundle.name) == ["far"])
    #expect(world.cluster("one", ["env": "prod"]) == ["far"])
    _ = world.tell(StoredKind.bundleNamespaceMappings, "m", in: "bundles", nil)
    #expect(world.cluster("one", ["env": "dev"]).isEmpty)
  }
}
