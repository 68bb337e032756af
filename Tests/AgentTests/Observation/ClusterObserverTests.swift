import Document
import Fleet
import HelmEngine
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// What an observer told, as far as tests ask.
private final class Told: Sendable {
  private let all = Mutex<[String]>([])

  /// Everything in order: the differences of one look in brackets, or a failure, with the deployment if it is not `one`.
  var texts: [String] { all.withLock { $0 } }

  func take(_ subject: ClusterObserver.Subject, _ finding: ClusterObserver.Finding) {
    let text =
      switch finding {
      case .observed(let observation, _): "\(observation.modified.map(\.display).sorted())"
      case .failed(let message): message
      case .releaseMissing: "release missing"
      }
    all.withLock { $0.append(subject.id == "one" ? text : "\(subject.id): \(text)") }
  }
}

@Suite("Looking at what is deployed", .timeLimit(.minutes(1)))
struct ClusterObserverTests {
  private let set = "set-1"
  private let type = ObjectType(apiVersion: "v1", kind: "ConfigMap")
  private let cluster = PretendCluster()
  private let told = Told()

  private func identity(_ name: String) -> ObjectIdentity {
    ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: name)
  }

  private func map(_ name: String, _ colour: String = "red", labelled: Bool = true) -> Value {
    var map: Value = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "n"],
      "data": ["colour": .string(colour)],
    ]
    if labelled { map.set([FleetLabels.objectSetHash: .string(set)], at: "metadata", "labels") }
    return map
  }

  /// Watches a release of the maps `a` and `b`, which are there, and waits for the first look at them.
  private func observing(
    rules: DriftRules = DriftRules(), hasRecord: Bool = true,
    _ body: @escaping @Sendable (ClusterObserver, ClusterObserver.Subject) async throws -> Void
  ) async throws {
    let manifests = DeployedManifests(cluster: cluster)
    let applied = AppliedRelease(
      deploymentID: "id", release: ReleaseIdentity(name: "r", namespace: "n"), revision: 1,
      objects: ["a", "b"].map(identity))
    if hasRecord { await manifests.keep(["a", "b"].map { map($0) }, of: applied, kinds: ClusterKinds()) }
    let logger = Logger(label: "observer") { _ in SwiftLogNoOpLogHandler() }
    let observer = ClusterObserver(
      cluster: cluster, manifests: manifests,
      comparer: DriftComparer(
        cluster: cluster, rights: { [cluster] _ in cluster }, helmFieldManager: "helm", logger: logger), logger: logger,
      tell: { [told] in told.take($0, $1) }, clusterIsBack: {})
    for name in ["a", "b"] { cluster.put(map(name)) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await observer.run() }
      let subject = ClusterObserver.Subject(id: "one", applied: applied, setHash: set, rules: rules)
      await observer.observe(subject)
      try await eventually("the first look is told") { !told.texts.isEmpty }
      try await eventually("its kind is watched") { cluster.state.withLock { $0.watches.count == 1 } }
      _ = cluster.takeRequests()
      try await body(observer, subject)
      group.cancelAll()
    }
  }

  private func waitFor(_ text: String) async throws {
    do {
      try await eventually("\(text) is told", within: .seconds(10)) { told.texts.last == text }
    } catch {
      throw TestFailure("\(error), but \(told.texts)")
    }
  }

  @Test("Idle, it asks for nothing; a change of the status alone asks for nothing either")
  func idle() async throws {
    try await observing { _, _ in
      var map = map("a")
      map["status"] = ["phase": "x"]
      cluster.put(map)
      // One watch tells in order: once this is told, the change before it has been seen.
      cluster.remove(identity("b"))
      try await waitFor(#"["configmap.v1 n/b missing"]"#)
      #expect(cluster.takeRequests() == ["get ConfigMap n/b"])
      #expect(told.texts.count == 2)
    }
  }

  @Test("A change is compared once, and told with its patch; the same change is not compared again")
  func changed() async throws {
    try await observing { _, _ in
      cluster.put(map("a", "blue"))
      try await waitFor(#"["configmap.v1 n/a modified {\"data\":{\"colour\":\"red\"}}"]"#)
      #expect(cluster.takeRequests() == ["dry run ConfigMap n/a"])
      var touched = map("a", "blue")
      touched["status"] = ["phase": "x"]
      cluster.put(touched)
      cluster.remove(identity("b"))
      try await waitFor(
        #"["configmap.v1 n/a modified {\"data\":{\"colour\":\"red\"}}", "configmap.v1 n/b missing"]"#)
      #expect(cluster.takeRequests() == ["get ConfigMap n/b"])
      cluster.put(map("a"))
      try await waitFor(#"["configmap.v1 n/b missing"]"#)
    }
  }

  @Test("An object that is read for its new release, before a watch tells of it, is the old one's no more")
  func movedUnseen() async throws {
    try await observing { observer, subject in
      var (moved, first) = (map("c"), subject)
      first.applied.previous = [identity("c")]
      await observer.observe(first)
      try await eventually("the new look is told") { told.texts.count == 2 }
      cluster.put(moved)
      try await waitFor(#"["configmap.v1 n/c extra"]"#)
      moved.set([FleetLabels.objectSetHash: "set-2"], at: "metadata", "labels")
      cluster.put(moved, silently: true)
      var other = subject
      (other.id, other.setHash) = ("two", "set-2")
      other.applied.release.name = "two"
      other.applied.objects = [identity("c")]
      await observer.manifests.keep([moved], of: other.applied, kinds: ClusterKinds())
      await observer.observe(other)
      try await eventually("both are told of as they are") {
        told.texts.contains("two: []") && told.texts.last { !$0.hasPrefix("two") } == "[]"
      }
    }
  }

  @Test("A list that is behind what a watch has told hides no change")
  func stale() async throws {
    try await observing { observer, subject in
      cluster.state.withLock { state in state.staleList = Array(state.objects.values) }
      cluster.put(map("a", "blue"))
      let blue = #"["configmap.v1 n/a modified {\"data\":{\"colour\":\"red\"}}"]"#
      try await waitFor(blue)
      await observer.observe(subject)
      try await eventually("the new look is told") { told.texts.count == 3 }
      #expect(told.texts == ["[]", blue, blue])
    }
  }

  @Test("While a watch is interrupted nothing is told; what happened meanwhile is told when it is back")
  func interrupted() async throws {
    try await observing { observer, subject in
      cluster.send(.interrupted("gone"), of: type)
      cluster.setDown(true)
      // As a watch that breaks off may tell it, or a server that starts and knows nothing yet.
      cluster.remove(identity("a"))
      cluster.send(.interrupted("still gone"), of: type)
      try await eventually("it waits for its watch") { await observer.watched[subject.id]?.isPostponed == true }
      #expect(told.texts == ["[]"])
      cluster.setDown(false)
      cluster.send(.synced, of: type)
      try await waitFor(#"["configmap.v1 n/a missing"]"#)
    }
  }

  @Test("What the server does not answer about is not missing, and an outage that goes on is told")
  func unanswered() async throws {
    try await observing { observer, subject in
      cluster.setDown(true)
      cluster.remove(identity("a"))
      cluster.put(map("b", "blue"))
      try await eventually("a look has failed") { (await observer.watched[subject.id]?.failures ?? 0) > 0 }
      #expect(told.texts == ["[]"])
      cluster.setDown(false)
      try await waitFor(
        #"["configmap.v1 n/a missing", "configmap.v1 n/b modified {\"data\":{\"colour\":\"red\"}}"]"#)
    }
  }

  @Test("A server that cannot compare leaves an object as it was told, and a later resync asks again")
  func impossible() async throws {
    try await observing { observer, _ in
      cluster.state.withLock { $0.dryRun = .impossible("a webhook forbids it") }
      cluster.put(map("a", "blue"))
      try await eventually("it was asked") { cluster.takeRequests().contains("dry run ConfigMap n/a") }
      cluster.state.withLock { $0.dryRun = nil }
      await observer.resync()
      try await waitFor(#"["configmap.v1 n/a modified {\"data\":{\"colour\":\"red\"}}"]"#)
      #expect(told.texts.dropLast().allSatisfy { $0 == "[]" })
    }
  }

  @Test("A resync finds what no event told, with one request for each kind")
  func resync() async throws {
    try await observing { observer, _ in
      await observer.resync()
      try await eventually("the resync") { cluster.takeRequests() == ["resync ConfigMap"] }
      cluster.put(map("a", "blue"), silently: true)
      cluster.remove(identity("b"), silently: true)
      await observer.resync()
      try await waitFor(
        #"["configmap.v1 n/a modified {\"data\":{\"colour\":\"red\"}}", "configmap.v1 n/b missing"]"#)
    }
  }

  @Test(
    "An object that loses our label is not ours, one of a kind that is no more is missing, and ignored ones are neither"
  )
  func gone() async throws {
    var patch = ComparePatch()
    (patch.apiVersion, patch.kind, patch.name) = ("v1", "ConfigMap", "^b$")
    patch.operations = [.init(op: "ignore")]
    try await observing(rules: DriftRules([patch])) { _, _ in
      cluster.put(map("a", labelled: false), silently: true)
      cluster.send(.removed(namespace: "n", name: "a", uid: "uid-a"), of: type)
      try await waitFor(#"["configmap.v1 n/a is not owned by us"]"#)
      cluster.state.withLock { $0.objects = [:] }
      cluster.send(.unserved, of: type)
      try await waitFor(#"["configmap.v1 n/a missing"]"#)
    }
  }

  @Test("A release of which Helm has no record is told as missing, and never as changed")
  func recordGone() async throws {
    try await observing(hasRecord: false) { _, _ in #expect(told.texts == ["release missing"]) }
  }
}
