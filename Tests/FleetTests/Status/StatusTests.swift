import Document
import Testing

@testable import Fleet

private let now = Timestamp(seconds: 1_787_393_445)
private let deployment = ObjectIdentity(apiVersion: "apps/v1", kind: "Deployment", namespace: "web", name: "nginx")
private let configMap = ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", namespace: "web", name: "cm")
private let role = ObjectIdentity(apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "x")

@Suite("What agents report")
struct AgentReportTests {
  @Test("objects are named and described as users know it (5.7)")
  func displays() {
    #expect(deployment.display == "deployment.apps web/nginx")
    #expect(ModifiedStatus(configMap, missing: true).display == "configmap.v1 web/cm missing")
    #expect(ModifiedStatus(configMap, missing: true, exist: true).display == "configmap.v1 web/cm is not owned by us")
    #expect(ModifiedStatus(role, delete: true).display == "clusterrole.rbac.authorization.k8s.io x extra")
    #expect(
      ModifiedStatus(deployment, patch: #"{"spec":{"replicas":1}}"#).display
        == #"deployment.apps web/nginx modified {"spec":{"replicas":1}}"#)
    func display(_ error: Bool, _ transitioning: Bool, _ message: [String]) -> String {
      NonReadyStatus.Summary(state: "active", error: error, transitioning: transitioning, message: message).display
    }
    #expect(display(false, true, ["Available: 0/1"]) == "[progressing] Available: 0/1")
    #expect(display(true, true, ["a", "b"]) == "[progressing,error] a, b")
    #expect(display(true, false, []) == "[error]")
    #expect(display(false, false, ["a"]) == "active")
  }

  private func applied(_ change: (inout BundleDeploymentStatus) -> Void = { _ in }) -> BundleDeploymentStatus {
    var status = BundleDeploymentStatus()
    status.recordDeployed(deploymentID: "v1", release: "web/app:1", syncGeneration: 0, at: now)
    status.recordObserved(.init(), at: now)
    change(&status)
    return status
  }

  @Test("the state follows from ids, readiness and differences, in Fleet's order (G1)")
  func states() {
    #expect(BundleDeploymentStatus().state(desiredID: "v1", stagedID: "v1") == .waitApplied)
    #expect(applied().state(desiredID: "v2", stagedID: "v2") == .waitApplied)
    #expect(applied { $0.recordFailure("x", at: now) }.state(desiredID: "v2", stagedID: "v2") == .errApplied)
    #expect(applied { $0.ready = false }.state(desiredID: "v1", stagedID: "v2") == .notReady)
    #expect(applied().state(desiredID: "v1", stagedID: "v2") == .outOfSync)
    #expect(applied { $0.nonModified = false }.state(desiredID: "v1", stagedID: "v1") == .modified)
    #expect(applied().state(desiredID: "v1", stagedID: "v1") == .ready)
    #expect(
      applied { $0.recordRefused("YAML parse error", deploymentID: "v2", at: now) }.state(
        desiredID: "v2", stagedID: "v2") == .notReady)
    #expect(BundleDeploymentStatus().state(desiredID: "", stagedID: "v1") == .waitApplied)
  }

  @Test("the message upwards is that of Deployed, else Installed, else Monitored (5.13)")
  func messages() {
    #expect(applied().message(desiredID: "v1").isEmpty)
    #expect(applied { $0.recordFailure("no", at: now) }.message(desiredID: "v1") == "no")
    let refused = applied { $0.recordRefused("bad", deploymentID: "v2", at: now) }
    #expect(refused.message(desiredID: "v2") == "not installed: bad" && refused.message(desiredID: "v3").isEmpty)
    #expect(applied { $0.recordUnobserved("gone", at: now) }.message(desiredID: "v1") == "gone")
  }

  @Test("the table shows conditions, or their error (G11)")
  func display() {
    #expect(applied().display(state: .ready) == ["deployed": "True", "monitored": "True", "state": "Ready"])
    let failed = applied { $0.recordFailure("no", at: now) }.display(state: .errApplied)
    #expect(failed["deployed"] == "Error: no")
  }

  @Test("lists are cut at ten, counts are not, and objects count once")
  func observation() {
    var status = BundleDeploymentStatus()
    let live = (0..<30).map { ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: "c\($0)") }
    let modified =
      (0..<12).map { ModifiedStatus(live[$0], patch: "{}") } + [
        ModifiedStatus(configMap, missing: true), ModifiedStatus(live[20], delete: true),
      ]
    let nonReady = [5, 25].map {
      NonReadyStatus(uid: "\($0)", live[$0], summary: .init(state: "x", transitioning: true))
    }
    status.recordObserved(
      .init(live: live.map { DeployedResource($0) }, modified: modified, nonReady: nonReady), at: now)
    #expect(status.modifiedStatus.count == 10 && status.incompleteState)
    var counts = ResourceCounts()
    counts.desiredReady = 31
    counts.missing = 1
    counts.orphaned = 1
    counts.modified = 12
    counts.notReady = 1
    counts.ready = 16
    #expect(status.resourceCounts == counts)
    #expect(!status.ready && !status.nonModified)
    #expect(status.conditions["Ready"]?.message == "configmap.v1 n/c25 [progressing]")
  }

  @Test("a status comes back as it was, and the same report changes nothing")
  func roundTrip() throws {
    var status = applied()
    status.recordObserved(
      .init(live: [DeployedResource(configMap, createdAt: "t")], modified: [ModifiedStatus(configMap, patch: "{}")]),
      at: now)
    #expect(try BundleDeploymentStatus(status.value) == status)
    let before = status
    status.recordObserved(
      .init(live: [DeployedResource(configMap, createdAt: "t")], modified: [ModifiedStatus(configMap, patch: "{}")]),
      at: now.advanced(by: .seconds(60)))
    #expect(status == before)
    #expect(status.conditions["Ready"]?.message == "configmap.v1 web/cm modified {}")
  }
}

@Suite("Status bubbling")
struct SummaryTests {
  private func report(
    _ cluster: String, _ bundle: String, _ state: BundleState, message: String = "", modified: [ModifiedStatus] = [],
    nonReady: [NonReadyStatus] = [], repo: String = "repo", ready: Int = 0
  ) -> DeploymentReport {
    var counts = ResourceCounts()
    counts.ready = ready
    counts.desiredReady = ready
    return DeploymentReport(
      registrationNamespace: "fleet-default", cluster: cluster, bundleNamespace: "fleet-default", bundle: bundle,
      repo: repo, state: state,
      message: message, modifiedStatus: modified, nonReadyStatus: nonReady, resourceCounts: counts)
  }

  @Test("Ready messages have Fleet's form (G2)")
  func messages() {
    var waiting = BundleCounter()
    waiting.add(
      DeploymentReport(
        registrationNamespace: "fleet-local", cluster: "local", bundleNamespace: "fleet-local", bundle: "b",
        state: .waitApplied))
    #expect(waiting.summary.readyMessage(kind: "Cluster") == "WaitApplied(1) [Cluster fleet-local/local]")
    var modified = BundleCounter()
    modified.add(report("c1", "b", .modified, modified: [ModifiedStatus(configMap, missing: true)]))
    #expect(
      modified.summary.readyMessage(kind: "Cluster")
        == "Modified(1) [Cluster fleet-default/c1]; configmap.v1 web/cm missing")
    var cluster = ClusterCounter()
    cluster.add(
      report(
        "c1", "app-web", .notReady,
        nonReady: [
          NonReadyStatus(
            uid: "u", deployment, summary: .init(state: "in-progress", transitioning: true, message: ["Available: 0/1"])
          )
        ]))
    #expect(
      cluster.summary.readyMessage(kind: "Bundle")
        == "NotReady(1) [Bundle app-web]; deployment.apps web/nginx [progressing] Available: 0/1")
    var many = BundleCounter()
    many.add(report("c2", "b", .errApplied, message: "boom"))
    many.add(report("c1", "b", .errApplied, message: "bang"))
    many.add(report("c3", "b", .pending))
    many.add(report("c4", "b", .ready))
    #expect(
      many.summary.readyMessage(kind: "Cluster")
        == "ErrApplied(2) [Cluster fleet-default/c1: bang]; Pending(1) [Cluster fleet-default/c3]")
    #expect(many.summary.display == "1/4" && many.summary.counts.worst == .errApplied)
  }

  @Test("no more than four strings of each kind are repeated (G8)")
  func details() {
    let modified = (0..<9).map {
      ModifiedStatus(ObjectIdentity(apiVersion: "v1", kind: "A", name: "m\($0)"), missing: true)
    }
    var counter = BundleCounter()
    counter.add(report("c1", "b", .modified, modified: modified))
    #expect(counter.summary.readyMessage(kind: "Cluster").split(separator: ";").count == 5)
  }

  @Test("ten entries are kept, the first of each state among them, whatever the order of changes (G8)")
  func determinism() {
    var random = SplitMix(state: 7)
    let states: [BundleState] = [.notReady, .modified, .waitApplied, .ready]
    var reports = (0..<300).map { report("c\($0)", "b", states[Int(random.next() % 4)]) }
    reports.append(report("zzz", "b", .errApplied, message: "last, and worst"))
    var forward = BundleCounter()
    for one in reports { forward.add(one) }
    var shuffled = BundleCounter()
    for one in reports { shuffled.add(report(one.cluster, "b", .pending)) }
    for one in reports.sorted(by: { $0.cluster.reversed().elementsEqual($1.cluster) || $0.cluster > $1.cluster }) {
      shuffled.remove(report(one.cluster, "b", .pending))
      shuffled.add(one)
    }
    #expect(forward.summary == shuffled.summary)
    #expect(forward.summary.nonReadyResources.count == 10)
    #expect(forward.summary.nonReadyResources.last?.message == "last, and worst")
    for one in reports { forward.remove(one) }
    #expect(forward.summary == BundleSummary())
  }

  @Test("differences give what counting anew gives", arguments: 0..<20)
  func differences(seed: Int) {
    var random = SplitMix(state: UInt64(seed))
    var current: [String: DeploymentReport] = [:]
    var bundles: [String: BundleCounter] = [:]
    var repo = GitRepoCounter()
    var clusters: [String: ClusterCounter] = [:]
    var group = ClusterGroupCounter()
    for name in 0..<5 { group.add(ClusterCounter().contribution(name: "c\(name)")) }
    for _ in 0..<400 {
      let cluster = "c\(random.next() % 5)"
      let bundle = "b\(random.next() % 6)"
      let key = "\(cluster) \(bundle)"
      let before = (clusters[cluster] ?? ClusterCounter()).contribution(name: cluster)
      if let old = current.removeValue(forKey: key) {
        bundles[bundle, default: BundleCounter()].remove(old)
        clusters[cluster, default: ClusterCounter()].remove(old)
        repo.remove(old)
      }
      if random.next() % 4 != 0 {
        let new = report(
          cluster, bundle, BundleState.allCases[Int(random.next() % 7)], message: "m\(random.next() % 3)",
          ready: Int(random.next() % 9))
        current[key] = new
        bundles[bundle, default: BundleCounter()].add(new)
        clusters[cluster, default: ClusterCounter()].add(new)
        repo.add(new)
      }
      group.remove(before)
      group.add((clusters[cluster] ?? ClusterCounter()).contribution(name: cluster))
    }
    var anew = GitRepoCounter()
    for one in current.values { anew.add(one) }
    #expect(
      repo.status(previous: .null, .init(generation: 1), at: now)
        == anew.status(previous: .null, .init(generation: 1), at: now))
    for (name, counter) in bundles {
      var fresh = BundleCounter()
      for one in current.values where one.bundle == name { fresh.add(one) }
      #expect(
        counter.status(previous: .null, generation: 1, at: now) == fresh.status(previous: .null, generation: 1, at: now)
      )
    }
    var freshGroup = ClusterGroupCounter()
    for name in (0..<5).map({ "c\($0)" }) {
      var fresh = ClusterCounter()
      for one in current.values where one.cluster == name { fresh.add(one) }
      #expect(
        (clusters[name] ?? ClusterCounter()).status(previous: .null, lastSeen: now, at: now)
          == fresh.status(previous: .null, lastSeen: now, at: now))
      freshGroup.add(fresh.contribution(name: name))
    }
    #expect(group.status(previous: .null, at: now) == freshGroup.status(previous: .null, at: now))
  }

  @Test(
    "a bundle's status shows its worst state, keeps what it does not know, and stays as it is when nothing changes (G3, G10)"
  )
  func bundleStatus() {
    var counter = BundleCounter()
    counter.add(report("c1", "b", .ready))
    counter.add(report("c2", "b", .notReady))
    let first = counter.status(previous: ["ociReference": "kept"], generation: 3, manifestID: "s-abc", at: now)
    #expect(first["display"] == ["readyClusters": "1/2", "state": "NotReady"])
    #expect(first["ociReference"] == "kept" && first["observedGeneration"] == 3 && first["resourcesSha256Sum"] == "abc")
    #expect(
      counter.status(previous: first, generation: 3, manifestID: "s-abc", at: now.advanced(by: .seconds(9))) == first)
    counter.remove(report("c2", "b", .notReady))
    counter.add(report("c2", "b", .ready))
    let second = counter.status(previous: first, generation: 3, at: now)
    #expect(second["display"] == ["readyClusters": "2/2"])
    #expect(
      Conditions(second["conditions"])["Ready"]?.message == ""
        && Conditions(second["conditions"])["Ready"]?.isTrue == true)
    let failed = counter.status(
      previous: first, generation: 3, error: FleetError(.targeting, "no"), notes: ["and that"], at: now)
    #expect(Conditions(failed["conditions"])["Ready"]?.message == "no; and that")
  }

  @Test("a GitRepo shows deployments, ready clusters, and the text of its first failing bundle (G4, G5)")
  func gitRepoStatus() {
    var counter = GitRepoCounter()
    counter.add(report("c1", "a", .ready, ready: 2))
    counter.add(report("c1", "b", .ready, ready: 3))
    counter.add(report("c2", "a", .ready, ready: 2))
    counter.add(report("c2", "b", .errApplied, message: "boom"))
    let status = counter.status(previous: .null, .init(generation: 1), at: now)
    #expect(status["readyClusters"] == 1 && status["desiredReadyClusters"] == 2)
    #expect(
      status["display"] == ["readyBundleDeployments": "3/4", "state": "ErrApplied", "message": "boom", "error": true])
    #expect(status.at("perClusterResourceCounts", "fleet-default/c1", "ready") == 5)
    #expect(status.at("resourceCounts", "desiredReady") == 7)
    #expect(Conditions(status["conditions"])["Ready"]?.message == "ErrApplied(1) [Bundle b: boom]")
    let failing = Condition("Ready", false, message: "ErrApplied(1) [Cluster fleet-default/c2: boom]")
    let shown = counter.status(
      previous: status, .init(generation: 1, jobStatus: "InProgress", failingBundle: failing), at: now)
    #expect(Conditions(shown["conditions"])["Ready"]?.message == failing.message)
    #expect(shown.at("display", "state") == "GitUpdating")
  }

  @Test("a cluster waits for its agent's first word, and counts repositories whose bundles are all ready (G6)")
  func clusterStatus() {
    var counter = ClusterCounter()
    counter.add(report("c1", "a", .ready))
    counter.add(report("c1", "b", .notReady))
    counter.add(report("c1", "x", .ready, repo: "other"))
    counter.add(report("c1", "agent", .ready, repo: ""))
    let unseen = counter.status(previous: ["namespace": "kept"], lastSeen: nil, at: now)
    #expect(unseen["display"] == ["readyBundles": "3/4", "state": "WaitCheckIn"] && unseen["namespace"] == "kept")
    #expect(unseen["readyGitRepos"] == 1 && unseen["desiredReadyGitRepos"] == 2)
    let seen = counter.status(previous: .null, lastSeen: now, at: now)
    #expect(seen.at("display", "state") == "NotReady" && seen.at("agent", "lastSeen") == .string(now.description))
  }

  @Test("a group names those of its clusters that are not ready (G7)")
  func groupStatus() {
    var group = ClusterGroupCounter()
    for (name, state) in [("c1", BundleState.ready), ("c2", .notReady), ("c3", .ready)] {
      var cluster = ClusterCounter()
      cluster.add(report(name, "app", state))
      group.add(cluster.contribution(name: name))
    }
    let status = group.status(previous: .null, at: now)
    #expect(status["display"] == ["readyClusters": "2/3 (c2)", "readyBundles": "2/3", "state": "NotReady"])
    #expect(status["clusterCount"] == 3 && status["nonReadyClusterCount"] == 1 && status["nonReadyClusters"] == ["c2"])
    #expect(Conditions(status["conditions"])["Ready"]?.message == "NotReady(1) [Bundle app]")
    #expect(
      ClusterGroupCounter().status(previous: .null, at: now)["display"] == [
        "readyClusters": "0/0", "readyBundles": "0/0",
      ])
  }

  @Test("a repository's objects are listed by type and id with the clusters in each state (G9)")
  func resources() throws {
    func status(_ observation: BundleDeploymentStatus.Observation) -> BundleDeploymentStatus {
      var status = BundleDeploymentStatus()
      status.recordObserved(observation, at: now)
      return status
    }
    let both = [DeployedResource(configMap), DeployedResource(deployment)]
    var list = RepositoryResources()
    list.add(cluster: "n/c1", state: .ready, status: status(.init(live: both)))
    list.add(
      cluster: "n/c2", state: .notReady,
      status: status(
        .init(
          live: both, modified: [ModifiedStatus(role, missing: true)],
          nonReady: [
            NonReadyStatus(
              uid: "u", deployment, summary: .init(state: "in-progress", transitioning: true, message: ["wait"]))
          ])))
    list.add(cluster: "n/c3", state: .waitApplied, status: status(.init(live: [DeployedResource(configMap)])))
    let value = list.value
    #expect(
      value.map { $0["id"] } == ["web/nginx", "web/cm", "x"]
        || value.map { $0["type"] } == ["apps.deployment", "configmap", "rbac.authorization.k8s.io.clusterrole"])
    let nginx = try #require(value.first { $0["kind"] == "Deployment" })
    #expect(nginx["state"] == "in-progress" && nginx["transitioning"] == true && nginx["message"] == "wait")
    #expect(nginx["perClusterState"] == ["ready": ["n/c1"], "notReady": ["n/c2"]])
    let cm = try #require(value.first { $0["kind"] == "ConfigMap" })
    #expect(
      cm["state"] == "WaitApplied" && cm["perClusterState"] == ["ready": ["n/c1", "n/c2"], "waitApplied": ["n/c3"]])
    #expect(value.first { $0["kind"] == "ClusterRole" }?["perClusterState"] == ["missing": ["n/c2"]])
  }

  @Test("sorted entries stay sorted through thousands of changes")
  func sortedEntries() {
    var random = SplitMix(state: 3)
    var entries = SortedEntries<Int>()
    var reference: [String: Int] = [:]
    for step in 0..<20_000 {
      let key = "k\(random.next() % 3000)"
      if random.next() % 3 == 0 {
        let removed = entries.remove(key)
        #expect(removed == (reference.removeValue(forKey: key) != nil))
      } else {
        entries.set(key, step)
        reference[key] = step
      }
    }
    let all = entries.prefix(entries.count)
    #expect(entries.count == reference.count)
    #expect(all.map(\.key) == reference.keys.sorted() && all.allSatisfy { reference[$0.key] == $0.value })
    #expect(all.first.map { entries[$0.key] == $0.value } == true && entries["none"] == nil)
  }
}
