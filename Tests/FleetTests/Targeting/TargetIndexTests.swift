import Document
import Testing

@testable import Fleet

/// The index must answer as a look at every bundle would, whatever changes; and it must not ask every bundle.
@Suite("Index of targets")
struct TargetIndexTests {
  /// Values that show everything that templates could see.
  private struct DumpEngine: ValueTemplateEngine {
    func render(_ template: String, context: Value) async throws -> String { JSON.string(context) }
  }

  private static let labels = ["env", "region", "tier", FleetLabels.clusterDisplayName, "kubectl.kubernetes.io/noise"]

  private struct World {
    var random: SplitMix
    var index = TargetIndex<Int>()
    var specs: [Int: BundleSpec] = [:]
    var groups: [String: TargetGroup] = [:]
    var clusters: [String: TargetCluster] = [:]

    init(seed: Int) { random = SplitMix(state: UInt64(seed)) }

    mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
      elements[Int(random.next() % UInt64(elements.count))]
    }

    mutating func selector() -> Value {
      var selector: Value = [:]
      if chance(60) { selector.set(.string(pick(["a", "b", "c"])), at: "matchLabels", pick(TargetIndexTests.labels)) }
      if chance(30) {
        let name = pick(["In", "NotIn", "Exists", "DoesNotExist"])
        var expression: Value = ["key": .string(pick(TargetIndexTests.labels)), "operator": .string(name)]
        if name.hasSuffix("In") { expression["values"] = [.string(pick(["a", "b"])), .string(pick(["b", "c"]))] }
        selector["matchExpressions"] = [expression]
      }
      return selector
    }

    mutating func criteria() -> Value {
      var criteria: Value = [:]
      if chance(50) { criteria["clusterSelector"] = selector() }
      if chance(20) { criteria["clusterName"] = .string(pick(["one", "two", "a"])) }
      if chance(25) { criteria["clusterGroup"] = .string(pick(["red", "blue"])) }
      if chance(20) { criteria["clusterGroupSelector"] = selector() }
      return criteria
    }

    mutating func spec() throws -> BundleSpec {
      var spec: Value = ["targetCustomizationMode": .string(pick(["FirstMatch", "AllMatches"]))]
      var targets: [Value] = []
      for _ in 0..<(1 + random.next() % 4) {
        var target = criteria()
        if chance(10) { target["doNotDeploy"] = true }
        if chance(30) { target["helm"] = helm() }
        targets.append(target)
      }
      spec["targets"] = .array(targets)
      if chance(50) { spec["targetRestrictions"] = [targets[targets.count - 1]] }
      if chance(50) { spec["helm"] = helm() }
      if chance(20) { spec["rolloutStrategy"] = ["partitions": [criteria(), criteria()]] }
      return try BundleSpec(spec)
    }

    mutating func helm() -> Value {
      var helm: Value = ["values": ["n": .integer(Int64(random.next() % 3))]]
      if chance(30) {
        helm.set([["x": .string(ValueTemplating.labelReference + pick(TargetIndexTests.labels))]], at: "values", "list")
      }
      if chance(15) { helm.set("${ .ClusterName }", at: "values", "t") }
      if chance(10) { helm["templateValues"] = ["u": "${ .ClusterLabels }"] }
      if chance(15) { helm["disablePreProcess"] = true }
      return helm
    }

    /// Another state of a cluster; nil for one that goes.
    mutating func next(_ name: String) -> TargetCluster? {
      guard var cluster = clusters[name] else { return TargetCluster(name: name, namespace: "n") }
      if chance(10) { return nil }
      if chance(5) { cluster.paused.toggle() }
      if chance(15) { cluster.annotations["note"] = pick(["x", "y"]) }
      if chance(10) { cluster.templateValues = ["v": .string(pick(["x", "y"]))] }
      for _ in 0..<(random.next() % 3) {
        cluster.labels[pick(TargetIndexTests.labels)] = chance(30) ? nil : pick(["a", "b", "c", "one"])
      }
      return cluster
    }
  }

  /// What a cluster gets of a bundle, as a look at the bundle says.
  private struct Outcome: Equatable {
    var match: TargetMatch?
    var options: BundleDeploymentOptions?
    var partitions: [Bool] = []
    var cluster = ""

    init(_ spec: BundleSpec, _ cluster: TargetCluster?, groups: [TargetGroup]) async throws {
      guard let cluster else { return }
      let mine = Targeting.groups(of: cluster, among: groups)
      let targeting = Targeting(spec)
      match = targeting.decide(cluster, groups: mine).match
      guard let match else { return }
      options = try await ValueTemplating.resolve(
        targeting.options(for: match), cluster: cluster, engine: DumpEngine())
      partitions = (spec.rolloutStrategy?.partitions ?? []).map { $0.criteria.matches(cluster, groups: mine) }
      self.cluster = "\(cluster.paused) \(cluster.clusterNamespace)"
    }
  }

  @Test(
    "a change of a cluster, a group or a bundle concerns just the bundles that a full scan finds", arguments: 0..<40)
  func equalsScan(seed: Int) async throws {
    var world = World(seed: seed)
    for _ in 0..<120 {
      switch world.random.next() % 10 {
      case 0...1:
        let id = Int(world.random.next() % 12)
        let spec = world.chance(20) ? nil : try world.spec()
        world.specs[id] = spec
        world.index.set(id, to: spec)
      case 2: try await changeGroup(&world)
      default: try await changeCluster(&world)
      }
    }
  }

  private func changeCluster(_ world: inout World) async throws {
    let name = world.pick(["one", "two", "three"])
    let (old, new) = (world.clusters[name], world.next(name))
    let changes = world.index.changes(from: old, to: new)
    world.clusters[name] = new
    let aspects = Dictionary(uniqueKeysWithValues: changes.map { ($0.bundle, $0.aspect) })
    let groups = Array(world.groups.values)
    if let new {
      #expect(world.index.groups(of: new) == Targeting.groups(of: new, among: groups).sorted { $0.name < $1.name })
    }
    for (id, spec) in world.specs {
      let before = try await Outcome(spec, old, groups: groups)
      let after = try await Outcome(spec, new, groups: groups)
      let found = aspects[id]
      switch (before.match, after.match) {
      case (nil, nil): #expect(found == nil)
      case (nil, _): #expect(found == .gained || found == .cluster)
      case (_, nil): #expect(found == .lost)
      default:
        if before != after { #expect(found != nil, "bundle \(id): \(spec.value)") }
        let isPaused = before.cluster != after.cluster
        if isPaused {
          #expect(found == .cluster)
        } else {
          #expect((found == .options) == (before.match != after.match))
        }
        // That values might differ is found without making them; everything else is exact.
        if found == .partition { #expect(before.partitions != after.partitions) }
        if found == .values { #expect(!TargetDependency.values(of: spec).isEmpty) }
      }
    }
  }

  private func changeGroup(_ world: inout World) async throws {
    let name = world.pick(["red", "blue", "green"])
    let before = Array(world.groups.values)
    var group: TargetGroup?
    if !world.chance(20) {
      let label = world.pick(Self.labels)
      group = TargetGroup(
        name: name, namespace: "n", labels: [label: world.pick(["a", "b"])],
        selector: try SelectorSpec(world.selector()))
    }
    let concerned = world.index.set(group: name, to: group)
    world.groups[name] = group
    let after = Array(world.groups.values)
    for (id, spec) in world.specs {
      for cluster in world.clusters.values {
        let old = try await Outcome(spec, cluster, groups: before)
        let new = try await Outcome(spec, cluster, groups: after)
        if old != new { #expect(concerned.contains(id)) }
      }
    }
  }

  @Test("a label that no bundle looks at concerns none, and one that some look at concerns those")
  func narrow() throws {
    var index = TargetIndex<String>()
    index.set("everywhere", to: try BundleSpec(["targets": [["clusterSelector": [:]]]]))
    index.set("dev", to: try BundleSpec(["targets": [["clusterSelector": ["matchLabels": ["env": "dev"]]]]]))
    let reference: Value = ["a": .string(ValueTemplating.labelReference + "region")]
    index.set(
      "values", to: try BundleSpec(["targets": [["clusterSelector": [:]]], "helm": ["values": reference]]))
    var secret = try BundleSpec(["targets": [["clusterSelector": [:]]]])
    secret.valuesHash = "0123"
    index.set("secret", to: secret)
    func changed(_ label: String, _ value: String) -> [String: TargetChange<String>.Aspect] {
      let old = TargetCluster(
        name: "c", namespace: "n", labels: ["env": "prod", "region": "eu", "kubectl.kubernetes.io/x": "1"])
      var new = old
      new.labels[label] = value
      return Dictionary(uniqueKeysWithValues: index.changes(from: old, to: new).map { ($0.bundle, $0.aspect) })
    }
    #expect(changed("env", "dev") == ["dev": .gained, "secret": .values])
    #expect(changed("env", "test") == ["secret": .values])
    #expect(changed("region", "us") == ["values": .values, "secret": .values])
    #expect(changed("kubectl.kubernetes.io/x", "2").isEmpty)
  }
}
