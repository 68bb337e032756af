import Document
import Fleet
import Testing
import Wire

@testable import Manager

@Suite("Why a cluster has a bundle, and where it stands")
struct DeploymentTraceTests {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"
  private static let staged = DeploymentRecord.Version(
    deploymentID: "s-11111111111111111:22222222222222", content: "cc", payload: "0123456789abcdef01")
  private static let older = DeploymentRecord.Version(
    deploymentID: "s-00000000000000000:22222222222222", content: "cc", payload: "fedcba")

  private static func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }
  private static func time(_ seconds: Int64) -> String { at(seconds).description }

  /// A deployment that is ready, its agent connected.
  private static func facts() throws -> TraceFacts {
    let bundle = try Fleet.Bundle([
      "kind": "Bundle",
      "metadata": [
        "name": "shop", "namespace": "fleet-default", "generation": 1, "creationTimestamp": .string(time(100)),
        "labels": ["fleet.cattle.io/repo-name": "shop", "fleet.cattle.io/commit": .string(commit)],
      ],
      "spec": [
        "targets": [["name": "prod", "clusterSelector": ["matchLabels": ["env": "prod"]]]],
        "targetRestrictions": [["name": "prod", "clusterSelector": ["matchLabels": ["env": "prod"]]]],
      ],
      "status": ["observedGeneration": 1],
    ])
    var conditions = Conditions()
    conditions.set("GitPolling", true, at: at(90))
    conditions.set("Reconciling", false, at: at(99))
    let repo = try GitRepo([
      "metadata": ["name": "shop", "namespace": "fleet-default"],
      "spec": ["repo": "https://user:word@git.example/shop", "branch": "main"],
      "status": [
        "commit": .string(commit), "pollingCommit": .string(commit), "lastPollingTriggered": .string(time(98)),
        "gitJobStatus": "Current", "conditions": conditions.value,
      ],
    ])
    let cluster = try Cluster([
      "metadata": ["name": "edge", "namespace": "fleet-default", "labels": ["env": "prod"]], "spec": [:],
      "status": ["namespace": "cluster-x", "agent": ["lastSeen": .string(time(500))]],
    ])
    var status = BundleDeploymentStatus()
    status.recordDeployed(deploymentID: staged.deploymentID, release: "shop/shop:1", syncGeneration: 0, at: at(130))
    status.recordObserved(BundleDeploymentStatus.Observation(), at: at(131))
    let record = DeploymentRecord(
      uid: "u", created: time(101), generation: 1, bundle: ObjectName(namespace: "fleet-default", name: "shop"),
      cluster: ObjectName(namespace: "fleet-default", name: "edge"), current: staged, staged: staged, paused: false,
      error: "", stagedAt: time(102), releasedAt: time(103))
    return TraceFacts(
      bundle: bundle, content: StoredContent(id: "s-11111111111111111", digest: "dd", hasKustomization: false),
      gitRepo: repo, cluster: cluster, record: record, status: status,
      agent: .connected(
        DeliveryFacts(
          connectedSince: at(50), held: staged.wireVersion,
          last: .init(version: staged.wireVersion, revision: 9, sent: at(110), answer: .acknowledged(at(120))))),
      managerStarted: at(40))
  }

  private static func steps(_ change: (inout TraceFacts) throws -> Void) throws -> (DeploymentTrace, [String]) {
    var facts = try facts()
    try change(&facts)
    let trace = DeploymentTrace(facts)
    return (trace, trace.steps.map { "\($0.name.rawValue) \($0.state.rawValue) \($0.time)".trimmed })
  }

  private static let upToRelease = [
    "git done \(time(99))", "bundle done \(time(99))", "target done", "staged done \(time(102))",
    "released done \(time(103))",
  ]

  @Test("of a deployment that is ready every step is done, with its time")
  func ready() throws {
    let (trace, steps) = try Self.steps { _ in }
    #expect(
      steps == Self.upToRelease + [
        "sent done \(Self.time(110))", "acknowledged done \(Self.time(120))", "applied done \(Self.time(130))",
        "health done \(Self.time(131))",
      ])
    #expect(trace.state == "Ready" && trace.summary == "Ready")
    let document = trace.value
    #expect(document["cluster"]?["connected"] == true)
    let git = document["steps"]?[0]
    #expect(git?["details"]?["repo"] == "https://git.example/shop", "no password leaves the manager")
    #expect(git?["details"]?["seenAt"]?.string == Self.time(98) && git?["details"]?["builtAt"]?.string == Self.time(99))
    #expect(document["steps"]?[1]?["details"]?["contentDigest"] == "sha256:dd")
    #expect(document["steps"]?[2]?["message"] == "target prod")
  }

  @Test("what was sent before this manager or this session knew of it has no time, and says why")
  func unseen() throws {
    let (trace, steps) = try Self.steps {
      $0.agent = .connected(DeliveryFacts(connectedSince: Self.at(50), held: Self.staged.wireVersion))
      $0.record = $0.record?.with { $0.stagedAt = "" }
      $0.status?.appliedTime = ""
    }
    #expect(steps[3] == "staged done" && steps[5] == "sent done" && steps[6] == "acknowledged done")
    #expect(steps[7] == "applied done" && trace.state == "Ready")
    for step in trace.steps where ["staged", "sent", "acknowledged", "applied"].contains(step.name.rawValue) {
      #expect(!step.timeUnknown.isEmpty, "\(step)")
    }
    #expect(trace.steps[5].timeUnknown.hasPrefix("not since the manager started at \(Self.time(40))"))
  }

  @Test(
    "a newer version that is held back says by whom: the bundle, the cluster, the rollout's limits or its partition")
  func heldBack() throws {
    func released(_ change: (inout TraceFacts) -> Void) throws -> TraceStep {
      let (trace, steps) = try Self.steps {
        $0.record = $0.record?.with { $0.current = Self.older }
        $0.status?.appliedDeploymentID = Self.older.deploymentID
        $0.agent = .connected(DeliveryFacts(connectedSince: Self.at(50), held: Self.older.wireVersion))
        change(&$0)
      }
      #expect(trace.state == "OutOfSync" && steps[4] == "released held" && steps[8].hasPrefix("health waiting"))
      #expect(trace.summary == trace.steps[4].reasons[0])
      return trace.steps[4]
    }
    #expect(try released { $0.bundle.spec.paused = true }.reasons[0].hasPrefix("the bundle is paused"))
    #expect(try released { $0.cluster.spec.paused = true }.reasons[0].hasPrefix("the cluster is paused"))
    #expect(try released { _ in }.reasons == ["the rollout has not come to this cluster yet"])
    let limited = try released {
      $0.bundle.status.set(2, at: "unavailable")
      $0.bundle.status.set(1, at: "maxUnavailable")
      $0.bundle.status["partitions"] = [["name": "first", "unavailable": 2, "maxUnavailable": 0]]
    }
    #expect(limited.reasons.count == 2 && limited.reasons[0].contains("2 clusters are unavailable, 1 may be"))
    #expect(limited.reasons[1].contains("partition first"))
  }

  @Test("an offline cluster says since when, and what was applied before stays told")
  func offline() throws {
    let (stale, steps) = try Self.steps { $0.agent = .away }
    #expect(steps[5...7].allSatisfy { $0.contains(" done") } && steps[8].hasPrefix("health waiting"))
    #expect(stale.summary == "cluster fleet-default/edge is offline: its agent was last seen at \(Self.time(500))")
    let (waiting, open) = try Self.steps {
      $0.agent = .away
      $0.status?.appliedDeploymentID = Self.older.deploymentID
    }
    #expect(open[5...8].allSatisfy { $0.contains(" waiting") } && waiting.state == "WaitApplied")
    #expect(waiting.steps[5...7].allSatisfy { $0.reasons[0].contains("last seen at \(Self.time(500))") })
    let (never, _) = try Self.steps {
      $0.agent = .away
      $0.status = nil
      $0.cluster.status.set(nil, at: "agent")
    }
    #expect(never.summary == "no agent of cluster fleet-default/edge has ever connected")
  }

  @Test("a bundle that is not targeted ends at the target, with a reason for each")
  func notTargeted() throws {
    let (trace, steps) = try Self.steps {
      $0.cluster.metadata.labels = ["env": "dev"]
      $0.record = nil
    }
    #expect(steps.last == "target no" && trace.state == "NotTargeted" && steps.count == 3)
    #expect(trace.summary == "prod: wants env=prod, has env=dev")
    let (leaving, _) = try Self.steps { $0.cluster.metadata.labels = [:] }
    #expect(leaving.steps.last?.reasons.last == "its deployment is still there, and is being removed")
    let (elsewhere, _) = try Self.steps { $0.isCandidate = false }
    #expect(elsewhere.summary.hasPrefix("no BundleNamespaceMapping in fleet-default"))
    let (forbidden, _) = try Self.steps { $0.bundle.spec.targets[0].doNotDeploy = true }
    #expect(forbidden.steps.last?.reasons.first == "prod: doNotDeploy")
    let (taken, _) = try Self.steps { $0.occupant = ObjectName(namespace: "other", name: "shop") }
    #expect(taken.steps[2].state == .failed && taken.summary.contains("other/shop"))
  }

  /// A change of the facts, and how the first step that is not done then is.
  struct Stage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout TraceFacts) -> Void
    let step: String
    let reason: String

    init(_ name: String, _ change: @escaping @Sendable (inout TraceFacts) -> Void, _ step: String, _ reason: String) {
      testDescription = name
      self.change = change
      self.step = step
      self.reason = reason
    }
  }

  @Test("each stage says what it waits for, or why it failed", arguments: stages)
  func stage(_ stage: Stage) throws {
    let (trace, steps) = try Self.steps(stage.change)
    let index = try #require(steps.firstIndex { !$0.contains(" done") })
    #expect(
      steps[index].hasPrefix(stage.step) && trace.steps[index].reasons.first == stage.reason, "\(trace.steps[index])")
    #expect(trace.summary == stage.reason)
  }

  private static let stages: [Stage] = [
    Stage("git", { $0.gitRepo?.status["pollingCommit"] = "fedc" }, "git waiting", "commit fedc is to be built"),
    Stage(
      "stalled",
      { facts in
        var conditions = Conditions(facts.gitRepo?.status["conditions"])
        conditions.set("Stalled", true, message: "no such path", at: at(99))
        facts.gitRepo?.status["conditions"] = conditions.value
      }, "git failed", "no such path"
    ),
    Stage(
      "bundle", { $0.bundle.metadata.labels["fleet.cattle.io/commit"] = "fedc" }, "bundle waiting",
      "the bundle is to be written again for commit 0123456789ab"
    ),
    Stage(
      "generation", { $0.bundle.metadata.generation = 2 }, "bundle waiting",
      "the manager has not yet looked for the clusters of generation 2"
    ),
    Stage("record", { $0.record = nil }, "staged waiting", "the manager has not made the deployment yet"),
    Stage(
      "values", { $0.record = $0.record?.with { $0.error = "no value region" } }, "staged failed",
      "no version can be made for this cluster: no value region"
    ),
    Stage(
      "sending", { $0.agent = .connected(DeliveryFacts(connectedSince: at(50))) }, "sent waiting",
      "the agent is connected since \(time(50)), and busy with what it was sent"
    ),
    Stage(
      "refusal",
      {
        $0.agent = .connected(
          DeliveryFacts(
            connectedSince: at(50),
            last: .init(
              version: staged.wireVersion, revision: 9, sent: at(110), answer: .refused(at(111), "digest is wrong"))))
      }, "acknowledged failed", "digest is wrong"
    ),
    Stage(
      "failure",
      {
        $0.status?.appliedDeploymentID = ""
        $0.status?.recordFailure("helm says no", at: at(140))
      }, "applied failed", "helm says no"
    ),
    Stage(
      "drift",
      {
        $0.status?.recordObserved(
          .init(modified: [
            ModifiedStatus(ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", name: "m"), missing: true)
          ]),
          at: at(140))
      }, "health failed", "configmap.v1 m missing"
    ),
  ]
}

extension String {
  fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
