import Document
import Testing

@testable import Fleet

/// Renders `${ .Name }` for top-level names of the context only: enough to see what is rendered and with what.
private struct TinyEngine: ValueTemplateEngine {
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  func render(_ template: String, context: Value) throws -> String {
    var result = ""
    var rest = template[...]
    while let start = rest.firstIndex(of: "$"), rest[start...].hasPrefix("${") {
      guard let end = rest[start...].firstIndex(of: "}") else { throw Missing(description: "unclosed action") }
      let path = rest[rest.index(start, offsetBy: 2)..<end].split(separator: " ").joined().split(separator: ".").map(
        String.init)
      guard let value = context.at(path)?.string else {
        throw Missing(description: "map has no entry for key \"\(path.last ?? "")\"")
      }
      result += rest[..<start] + value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}

@Suite("Values of one cluster")
struct TemplatingTests {
  private let cluster = TargetCluster(
    name: "c1", namespace: "fleet-default",
    labels: [
      "env": "dev", "kubectl.kubernetes.io/x": "y", "objectset.rio.cattle.io/z": "y", "management.cattle.io/k": "kept",
    ],
    annotations: ["note": "hi", "fleet.cattle.io/a": "dropped"], templateValues: ["region": "eu"])

  private func options(_ helm: Value) throws -> BundleDeploymentOptions { try BundleDeploymentOptions(["helm": helm]) }

  private func values(_ helm: Value, cluster: TargetCluster? = nil, engine: Bool = true) async throws -> Value? {
    try await ValueTemplating.resolve(
      options(helm), cluster: cluster ?? self.cluster, engine: engine ? TinyEngine() : nil
    )
    .helm?.values
  }

  @Test("references to labels become their values, missing ones become empty (D13)")
  func labelReferences() async throws {
    let found = try await values([
      "values": [
        "a": "global.fleet.clusterLabels.env", "b": ["c": "global.fleet.clusterLabels.missing"],
        "d": [["e": "global.fleet.clusterLabels.management.cattle.io/k"], "global.fleet.clusterLabels.env"],
        "f": "x global.fleet.clusterLabels.env",
        "g": "global.fleet.clusterLabels.kubectl.kubernetes.io/x",
      ]
    ])
    #expect(
      found == [
        "a": "dev", "b": ["c": ""], "d": [["e": "kept"], "global.fleet.clusterLabels.env"],
        "f": "x global.fleet.clusterLabels.env", "g": "",
      ])
  }

  @Test("templates see name, namespace, labels, annotations and values of the cluster (D14)")
  func templates() async throws {
    let found = try await values([
      "values": [
        "a": "${ .ClusterName }-${ .ClusterNamespace }", "b": "${ .ClusterLabels.env }",
        "c": "${ .ClusterAnnotations.note }",
        "d": "${ .ClusterValues.region }", "n": 5,
      ], "templateValues": ["t": "x: ${ .ClusterName }\nlist: [1, 2]\n", "a": "replaced"],
    ])
    #expect(found == ["a": "replaced", "b": "dev", "c": "hi", "d": "eu", "n": 5, "t": ["x": "c1", "list": [1, 2]]])
  }

  @Test("disablePreProcess leaves templates alone, but not label references (D16)")
  func disabled() async throws {
    let found = try await values(
      ["disablePreProcess": true, "values": ["a": "${ .X }", "b": "global.fleet.clusterLabels.env"]], engine: false)
    #expect(found == ["a": "${ .X }", "b": "dev"])
  }

  @Test("a cluster without labels keeps its values as they are")
  func noLabels() async throws {
    let bare = TargetCluster(name: "c", namespace: "n", labels: ["kubectl.kubernetes.io/x": "y"])
    let found = try await values(
      ["values": ["a": "${ .ClusterName }", "b": "global.fleet.clusterLabels.env"]], cluster: bare, engine: false)
    #expect(found == ["a": "${ .ClusterName }", "b": "global.fleet.clusterLabels.env"])
  }

  @Test("an error names the cluster, and templates without an engine are one (D15)")
  func errors() async throws {
    await #expect { try await values(["values": ["a": "${ .ClusterLabels.missing }"]]) } throws: { error in
      "\(error)".hasPrefix(
        "targeting error: cluster c1 in namespace fleet-default: failed to process template values: helm.values: map has no entry"
      )
    }
    await #expect { try await values(["values": ["a": "${ .ClusterName }"]], engine: false) } throws: { error in
      "\(error)".contains("set helm.disablePreProcess")
    }
    await #expect { try await values(["templateValues": ["t": "a: ["]]) } throws: {
      "\($0)".contains("helm.templateValues.t")
    }
  }

  @Test(
    "label references are found down to the limit of nesting, lists counting as one level, and deeper values are refused"
  )
  func depth() async throws {
    func nested(_ count: Int, _ wrap: (Value) -> Value) -> Value {
      var value: Value = ["a": "global.fleet.clusterLabels.env"]
      for _ in 0..<count { value = wrap(value) }
      return value
    }
    for wrap in [{ ["a": $0] }, { ["a": [$0]] }] as [(Value) -> Value] {
      let found = try await values(["values": nested(Limits.valuesDepth, wrap)])
      #expect("\(found ?? .null)".contains("\"dev\""))
      await #expect { try await values(["values": nested(Limits.valuesDepth + 1, wrap)]) } throws: { error in
        "\(error)".contains("(valuesDepth)")
      }
    }
    // A list in a list is not looked into, as with Fleet.
    let lists = try await values(["values": ["a": [[["b": "global.fleet.clusterLabels.env"]]]]])
    #expect(lists == ["a": [[["b": "global.fleet.clusterLabels.env"]]]])
  }

  @Test("one cluster whose template fails does not keep the others from theirs, and equal clusters share one version")
  func planner() async throws {
    var spec = try BundleSpec([
      "helm": ["values": ["r": "${ .ClusterLabels.region }"]], "targets": [["clusterSelector": [:]]],
    ])
    var planner = DeploymentPlanner(spec: spec, manifestID: "s-1", engine: TinyEngine())
    let good = TargetCluster(name: "good", namespace: "n", labels: ["region": "eu"])
    let bad = TargetCluster(name: "bad", namespace: "n", labels: ["other": "x"])
    guard case .version(let version) = await planner.plan(good, groups: []),
      case .failed = await planner.plan(bad, groups: [])
    else {
      Issue.record("one cluster must fail and the other must not")
      return
    }
    #expect(version.options.helm?.values == ["r": "eu"])
    spec = try BundleSpec(["helm": ["values": ["r": 1], "valuesFiles": ["x"]], "targets": [["clusterSelector": [:]]]])
    planner = DeploymentPlanner(spec: spec, manifestID: "s-1")
    guard case .version(let one) = await planner.plan(good, groups: []),
      case .version(let two) = await planner.plan(bad, groups: [])
    else {
      Issue.record("both must be planned")
      return
    }
    #expect(one === two && one.deploymentID.hasPrefix("s-1:") && one.options.helm?.valuesFiles == [])
    #expect(planner.targeting.decide(good, groups: []).match != nil)
  }

  @Test("100,000 clusters are planned in a moment when nothing is templated")
  func scale() async throws {
    let spec = try BundleSpec([
      "targets": .array(
        (0..<10).map {
          [
            "name": .string("t\($0)"), "clusterSelector": ["matchLabels": ["shard": .string("\($0)")]],
            "helm": ["values": ["n": .integer($0)]],
          ]
        }
          + [["name": "all", "clusterSelector": [:]]]), "targetRestrictions": [["clusterSelector": [:]]],
    ])
    var planner = DeploymentPlanner(spec: spec, manifestID: "s-1")
    var versions: Set<ObjectIdentifier> = []
    for index in 0..<100_000 {
      let cluster = TargetCluster(
        name: "c\(index)", namespace: "n", labels: ["shard": "\(index % 10)"], clusterNamespace: "x")
      if case .version(let version) = await planner.plan(cluster, groups: []) {
        versions.insert(ObjectIdentifier(version))
      }
    }
    #expect(versions.count == 10)
  }
}
