import Document
import Testing

@testable import Fleet

@Suite("Kinds")
struct KindTests {
  @Test("the tables have the columns that users know")
  func columns() {
    let ready = #".status.conditions[?(@.type=="Ready")].message"#
    let expected: [String: [[String]]] = [
      "gitrepos": [
        ["Repo", ".spec.repo"], ["Commit", ".status.commit"],
        ["BundleDeployments-Ready", ".status.display.readyBundleDeployments"], ["Status", ready],
      ],
      "bundles": [["BundleDeployments-Ready", ".status.display.readyClusters"], ["Status", ready]],
      "bundledeployments": [
        ["Deployed", ".status.display.deployed"], ["Monitored", ".status.display.monitored"], ["Status", ready],
      ],
      "clusters": [
        ["Bundles-Ready", ".status.display.readyBundles"], ["Last-Seen", ".status.agent.lastSeen"], ["Status", ready],
      ],
      "clustergroups": [
        ["Clusters-Ready", ".status.display.readyClusters"], ["Bundles-Ready", ".status.display.readyBundles"],
        ["Status", ready],
      ],
      "clusterregistrations": [["Cluster-Name", ".status.clusterName"], ["Labels", ".spec.clusterLabels"]],
      "clusterregistrationtokens": [["Secret-Name", ".status.secretName"]], "contents": [],
      "gitreporestrictions": [
        ["Default-ServiceAccount", ".defaultServiceAccount"], ["Allowed-ServiceAccounts", ".allowedServiceAccounts"],
      ],
      "policies": [], "bundlenamespacemappings": [],
      "helmops": [
        ["Repo", ".spec.helm.repo"], ["Chart", ".spec.helm.chart"], ["Version", ".status.version"],
        ["BundleDeployments-Ready", ".status.display.readyBundleDeployments"], ["Status", ready],
      ],
      "imagescans": [["Repository", ".spec.image"], ["Latest", ".status.latestTag"]],
      "schedules": [
        ["Schedule", ".spec.schedule"], ["Duration", ".spec.duration"], ["Active", ".status.active"],
        ["NextStart", ".status.nextStartTime"],
      ],
    ]
    let found = Dictionary(
      uniqueKeysWithValues: FleetKind.all.map {
        ($0.plural, $0.columns.filter { $0.priority == 0 }.map { [$0.name, $0.jsonPath] })
      })
    #expect(found == expected)
  }

  @Test("scope, category and status are those of the reference")
  func traits() {
    #expect(FleetKind.all.count == 14)
    #expect(FleetKind.all.filter { !$0.namespaced }.map(\.kind) == ["Content"])
    #expect(FleetKind.all.filter { $0.categories == ["fleet"] }.map(\.kind) == ["GitRepo", "ClusterGroup", "HelmOp"])
    #expect(
      FleetKind.all.filter { !$0.hasStatus }.map(\.kind) == ["BundleNamespaceMapping", "GitRepoRestriction", "Policy"])
    #expect(FleetKind.served.count == 9)
  }

  @Test("every schema is structural and every property is described", arguments: FleetKind.all.map(\.kind))
  func schemas(kind: String) throws {
    let schema = try #require(FleetKind.all.first { $0.kind == kind }).schema
    func check(_ schema: Value, _ path: String) {
      let isFree =
        schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        || schema["x-kubernetes-int-or-string"]?.bool == true
      #expect(schema["type"]?.string != nil || isFree, "\(path) has no type")
      for (name, property) in schema["properties"]?.object ?? [:] {
        if !(path == kind && name == "metadata") {
          #expect(property["description"]?.string?.isEmpty == false, "\(path).\(name) is not described")
        }
        check(property, "\(path).\(name)")
      }
      for required in schema["required"]?.array?.compactMap(\.string) ?? [] {
        #expect(schema.at("properties", required) != nil, "\(path).\(required)")
      }
      if let items = schema["items"] { check(items, path + "[]") }
      if let values = schema["additionalProperties"] { check(values, path + "{}") }
    }
    check(schema, kind)
  }

  @Test(
    "what the typed views write is what the schemas know",
    arguments: ["GitRepo", "Bundle", "BundleDeployment", "Cluster"])
  func schemasKnowFields(kind: String) throws {
    let schema = try #require(FleetKind.all.first { $0.kind == kind }).schema
    var status = BundleDeploymentStatus()
    status.recordDeployed(deploymentID: "a", release: "b", syncGeneration: 1, at: Timestamp(seconds: 0))
    status.recordObserved(
      .init(
        live: [DeployedResource(ObjectIdentity(apiVersion: "v1", kind: "A", name: "b"), createdAt: "c")],
        modified: [ModifiedStatus(ObjectIdentity(apiVersion: "v1", kind: "A", name: "c"), missing: true)],
        nonReady: [
          NonReadyStatus(
            uid: "u", ObjectIdentity(apiVersion: "v1", kind: "A", name: "d"),
            summary: .init(state: "x", error: true, transitioning: true, message: ["m"]))
        ]), at: Timestamp(seconds: 0))
    let report = DeploymentReport(
      registrationNamespace: "n", cluster: "c", bundleNamespace: "n", bundle: "b", repo: "r", desiredID: "a",
      stagedID: "a", status: status)
    var value: Value = ["spec": [:]]
    switch kind {
    case "BundleDeployment":
      value["status"] = status.value
      value.set(status.display(state: .modified), at: "status", "display")
    case "Bundle":
      var counter = BundleCounter()
      counter.add(report)
      let plan = try Rollout.evaluate(
        nil, targets: [RolloutTarget(cluster: TargetCluster(name: "c", namespace: "n"), newestID: "a")])
      var bundle = counter.status(previous: .null, generation: 1, manifestID: "s-1", at: Timestamp(seconds: 0))
      plan.write(to: &bundle)
      value["status"] = bundle
    case "GitRepo":
      var counter = GitRepoCounter()
      counter.add(report)
      var resources = RepositoryResources()
      resources.add(cluster: "n/c", state: .notReady, status: status)
      value["status"] = counter.status(
        previous: .null, .init(generation: 1, resources: resources.value), at: Timestamp(seconds: 0))
    default:
      var counter = ClusterCounter()
      counter.add(report)
      value["status"] = counter.status(previous: .null, lastSeen: Timestamp(seconds: 0), at: Timestamp(seconds: 0))
    }
    #expect(SchemaKeys.normalize(value, schema: schema).findings.map(\.path) == [])
  }

  @Test("days and weeks are refused with the units that there are")
  func durations() {
    let problems = FleetKind.gitRepo.validate(
      ["spec": ["repo": "r", "pollingInterval": "1d", "imageScanInterval": "5m"]], nil)
    #expect(problems.map(\.field) == ["spec.pollingInterval"])
    #expect(problems.first?.message.contains("days and weeks have no unit") == true)
    #expect(FleetKind.gitRepo.validate(["spec": ["pollingInterval": "0"]], nil).isEmpty)
    #expect(FleetKind.clusterRegistrationToken.validate(["spec": ["ttl": "abc"]], nil).count == 1)
  }

  @Test("selectors that cannot be meant are refused with their path")
  func selectors() {
    let bad: Value = ["matchExpressions": [["key": "a", "operator": "In", "values": []]]]
    let problems = FleetKind.gitRepo.validate(["spec": ["targets": [[:], ["clusterSelector": bad]]]], nil)
    #expect(problems.map(\.field) == ["spec.targets[1].clusterSelector"])
    #expect(FleetKind.clusterGroup.validate(["spec": ["selector": bad]], nil).count == 1)
  }
}
