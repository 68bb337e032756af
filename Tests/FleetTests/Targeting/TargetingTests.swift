import Document
import Testing

@testable import Fleet

@Suite("Targeting")
struct TargetingTests {
  private func spec(_ value: Value) throws -> BundleSpec { try BundleSpec(value) }

  private let cluster = TargetCluster(
    name: "c1", namespace: "fleet-default",
    labels: ["env": "dev", "type": "edge", FleetLabels.clusterDisplayName: "Shop 1"])

  private func group(_ name: String, _ selector: Value? = [:], labels: [String: String] = [:]) throws -> TargetGroup {
    TargetGroup(
      name: name, namespace: "fleet-default", labels: labels, selector: try selector.map { try SelectorSpec($0) })
  }

  private func matches(_ criteria: Value, groups: [TargetGroup] = []) throws -> Bool {
    Targeting(try spec(["targets": [criteria]])).decide(cluster, groups: groups).match != nil
  }

  @Test("each criterion selects what it says (D1 to D3)")
  func criteria() throws {
    #expect(try matches(["clusterName": "c1"]))
    #expect(try matches(["clusterName": "Shop 1"]))
    #expect(try !matches(["clusterName": "c2"]))
    #expect(try matches(["clusterSelector": ["matchLabels": ["env": "dev"]]]))
    #expect(try !matches(["clusterSelector": ["matchLabels": ["env": "prod"]]]))
    #expect(try matches(["clusterSelector": [:]]))
    #expect(try matches(["clusterGroup": "g"], groups: [group("g")]))
    #expect(try !matches(["clusterGroup": "g"]))
    #expect(
      try matches(["clusterGroupSelector": ["matchLabels": ["a": "b"]]], groups: [group("g", labels: ["a": "b"])]))
    #expect(try !matches(["clusterGroupSelector": [:]]))
  }

  @Test("all criteria of an entry must hold, an entry without any matches nothing (D4, D5)")
  func conjunction() throws {
    #expect(try matches(["clusterName": "c1", "clusterSelector": ["matchLabels": ["env": "dev"]]]))
    #expect(try !matches(["clusterName": "c1", "clusterSelector": ["matchLabels": ["env": "prod"]]]))
    #expect(try !matches([:], groups: [group("g")]))
    #expect(try !matches(["name": "only a name"]))
  }

  @Test("criteria about groups must be met by the same group")
  func sameGroup() throws {
    let groups = [try group("a", labels: ["x": "1"]), try group("b", labels: ["x": "2"])]
    #expect(try matches(["clusterGroup": "b", "clusterGroupSelector": ["matchLabels": ["x": "2"]]], groups: groups))
    #expect(try !matches(["clusterGroup": "b", "clusterGroupSelector": ["matchLabels": ["x": "1"]]], groups: groups))
  }

  @Test("a group holds the clusters of its namespace that it selects; without a selector none")
  func membership() throws {
    #expect(try group("g", [:]).contains(cluster))
    #expect(try group("g", ["matchLabels": ["env": "dev"]]).contains(cluster))
    #expect(try !group("g", nil).contains(cluster))
    var elsewhere = cluster
    elsewhere.namespace = "other"
    #expect(try !group("g", [:]).contains(elsewhere))
    #expect(Targeting.groups(of: cluster, among: [try group("a"), try group("b", nil)]).map(\.name) == ["a"])
  }

  @Test("of several matching targets the first decides (D7)")
  func firstTarget() throws {
    let targeting = Targeting(
      try spec([
        "targets": [
          ["name": "b", "clusterGroup": "b", "defaultNamespace": "from-b"],
          ["name": "a", "clusterGroup": "a", "defaultNamespace": "from-a"],
        ]
      ]))
    let match = try #require(targeting.decide(cluster, groups: [group("a"), group("b")]).match)
    #expect(targeting.names(of: match) == ["b"])
    #expect(targeting.options(for: match).defaultNamespace == "from-b")
  }

  @Test("customisations never widen the set of clusters (D8)")
  func restrictions() throws {
    let targeting = Targeting(
      try spec([
        "targets": [["name": "custom", "clusterSelector": [:]], ["name": "plain", "clusterName": "c1"]],
        "targetRestrictions": [["name": "plain", "clusterName": "c1"]],
      ]))
    #expect(targeting.decide(cluster, groups: []).match?.customizations == [0])
    let other = TargetCluster(name: "c2", namespace: "fleet-default")
    #expect(targeting.decide(other, groups: []) == .notTargeted("no target matches within the target restrictions"))
    let narrow = Targeting(
      try spec([
        "targets": [["name": "plain", "clusterSelector": [:]]], "targetRestrictions": [["clusterName": "c2"]],
      ]))
    #expect(narrow.decide(cluster, groups: []).match == nil)
    #expect(narrow.decide(other, groups: []).match != nil)
  }

  @Test("doNotDeploy on a target or customisation keeps the bundle away (D9)")
  func doNotDeploy() throws {
    let onTarget = Targeting(try spec(["targets": [["name": "t", "clusterName": "c1", "doNotDeploy": true]]]))
    #expect(onTarget.decide(cluster, groups: []) == .doNotDeploy("t"))
    for mode in ["FirstMatch", "AllMatches"] {
      let custom = Targeting(
        try spec([
          "targetCustomizationMode": .string(mode),
          "targets": [
            ["name": "not", "clusterSelector": ["matchLabels": ["type": "edge"]], "doNotDeploy": true],
            ["name": "plain", "clusterSelector": [:]],
          ], "targetRestrictions": [["clusterSelector": [:]]],
        ]))
      #expect(custom.decide(cluster, groups: []) == .doNotDeploy("not"))
    }
    let later: Value = [
      "targets": [
        ["name": "first", "clusterSelector": [:]], ["name": "not", "clusterSelector": [:], "doNotDeploy": true],
        ["name": "plain", "clusterSelector": [:]],
      ], "targetRestrictions": [["clusterSelector": [:]]],
    ]
    #expect(Targeting(try spec(later)).decide(cluster, groups: []).match?.customizations == [0])
    var all = later
    all["targetCustomizationMode"] = "AllMatches"
    #expect(Targeting(try spec(all)).decide(cluster, groups: []) == .doNotDeploy("not"))
  }

  @Test("FirstMatch takes the first customisation alone, AllMatches merges all in order (D10)")
  func modes() throws {
    let value: Value = [
      "defaultNamespace": "base",
      "targets": [
        ["name": "edge", "clusterSelector": ["matchLabels": ["type": "edge"]], "helm": ["values": ["a": 1, "b": 1]]],
        ["name": "no", "clusterName": "other", "helm": ["values": ["a": 9]]],
        [
          "name": "dev", "clusterSelector": ["matchLabels": ["env": "dev"]], "helm": ["values": ["b": 2]],
          "serviceAccount": "sa",
        ],
        ["name": "plain", "clusterSelector": [:], "namespace": "forced"],
      ], "targetRestrictions": [["clusterSelector": [:]]],
    ]
    let first = Targeting(try spec(value))
    let firstOptions = first.options(for: try #require(first.decide(cluster, groups: []).match))
    #expect(firstOptions.helm?.values == ["a": 1, "b": 1] && firstOptions.serviceAccount.isEmpty)
    #expect(firstOptions.namespace.isEmpty, "the customisation's options replace the plain target's")
    var all = value
    all["targetCustomizationMode"] = "AllMatches"
    let second = Targeting(try spec(all))
    let match = try #require(second.decide(cluster, groups: []).match)
    let options = second.options(for: match)
    #expect(second.names(of: match) == ["plain", "edge", "dev"])
    #expect(
      options.helm?.values == ["a": 1, "b": 2] && options.serviceAccount == "sa" && options.namespace == "forced")
    #expect(options.defaultNamespace == "base")
  }
}
