import Document
import Fleet

/// Why a cluster has a bundle, or has it not, and where it stands: one step after another, as far as it came.
///
/// Pure: nothing is said that the facts do not say, and times that nobody noted are said to be unknown.
struct DeploymentTrace: Sendable {
  let facts: TraceFacts
  private(set) var steps: [TraceStep] = []

  init(_ facts: TraceFacts) {
    self.facts = facts
    steps = [git, bundle]
    let target = target
    steps.append(target)
    guard target.state != .no else { return }
    steps += [staged, released]
    steps += [sent, acknowledged, applied]
    steps.append(health)
  }

  /// The document of a trace.
  var value: Value {
    var cluster: Value = [
      "namespace": .string(facts.cluster.metadata.namespace), "name": .string(facts.cluster.metadata.name),
      "deploymentNamespace": .string(facts.cluster.clusterNamespace ?? ""), "connected": false,
    ]
    if case .connected(let delivery) = facts.agent {
      cluster["connected"] = true
      cluster["connectedSince"] = .string(delivery.connectedSince.description)
      if !delivery.agentVersion.isEmpty { cluster["agentVersion"] = .string(delivery.agentVersion) }
    }
    if let seen = facts.cluster.lastSeen { cluster["lastSeen"] = .string(seen.description) }
    return [
      "metadata": [
        "namespace": .string(facts.bundle.metadata.namespace), "name": .string(facts.bundle.metadata.name),
      ],
      "cluster": cluster, "state": .string(state), "summary": .string(summary),
      "steps": .array(steps.map(\.value)),
    ]
  }

  /// The state in Fleet's word, or `NotTargeted`.
  var state: String {
    guard steps.last?.state != .no else { return "NotTargeted" }
    guard let record = facts.record else { return BundleState.pending.rawValue }
    guard record.error.isEmpty else { return BundleState.errApplied.rawValue }
    return (facts.status ?? BundleDeploymentStatus()).state(
      desiredID: record.current?.deploymentID ?? "", stagedID: record.staged?.deploymentID ?? ""
    ).rawValue
  }

  /// In a line, how it is: the first thing that is not done, or the last that is.
  var summary: String {
    guard let open = steps.first(where: { $0.state != .done }) else { return steps.last?.message ?? "" }
    return open.reasons.first ?? open.message
  }

  // MARK: - Up to the choice of the cluster

  private var git: TraceStep {
    let name = facts.bundle.metadata.labels[FleetLabels.repoName] ?? ""
    guard !name.isEmpty else {
      return TraceStep(name: .git, state: .done, message: "the bundle does not come from a GitRepo")
    }
    let key = "\(facts.bundle.metadata.namespace)/\(name)"
    guard let repo = facts.gitRepo else {
      return TraceStep(
        name: .git, state: .done, message: "there is no GitRepo \(key): `flotilla apply` or somebody wrote the bundle")
    }
    let conditions = Conditions(repo.status["conditions"])
    let seen = repo.status["pollingCommit"]?.string ?? ""
    var step = TraceStep(name: .git, state: .done, message: "GitRepo \(key), ")
    step.message += repo.spec.effectiveBranch.map { "branch \($0)" } ?? "revision \(repo.spec.revision)"
    step.message += repo.commit.isEmpty ? ", no commit yet" : ", commit \(repo.commit.prefix(12))"
    step.details = [
      "gitRepo": .string(key), "repo": .string(URLRedaction.redacted(repo.spec.repo)), "commit": .string(repo.commit),
    ]
    // Set when the commit was seen and its build began, for that commit alone.
    if seen == repo.commit { step.details["seenAt"] = repo.status["lastPollingTriggered"] }
    if let building = conditions["Reconciling"], building.isFalse {
      step.time = building.lastUpdateTime
      step.details["builtAt"] = .string(building.lastUpdateTime)
    } else {
      step.timeUnknown = "its build has not ended"
    }
    if let problem = conditions["Stalled"], problem.isTrue {
      step.state = .failed
      step.reasons = problem.message.split(separator: "\n").map(String.init)
    } else if let problem = ["Accepted", "GitPolling"].compactMap({ conditions[$0] }).first(where: { $0.isFalse }) {
      step.state = .failed
      step.reasons = ["the repository cannot be read since \(problem.lastTransitionTime): \(problem.message)"]
    } else if repo.commit.isEmpty || seen != repo.commit || conditions["Reconciling"]?.isTrue == true {
      step.state = .waiting
      let doing = conditions["Reconciling"].map { $0.isTrue ? $0.message : "" } ?? ""
      step.reasons = [doing.isEmpty ? "commit \(seen) is to be built" : doing]
      step.details["seenCommit"] = .string(seen)
    }
    return step
  }

  private var bundle: TraceStep {
    let metadata = facts.bundle.metadata
    let commit = metadata.labels[FleetLabels.commit] ?? ""
    var step = TraceStep(name: .bundle, state: .done, message: "Bundle \(metadata.key)")
    if !commit.isEmpty { step.message += " of commit \(commit.prefix(12))" }
    if let content = facts.content { step.message += ", content \(content.id.prefix(14))" }
    let created = metadata.creationTimestamp?.description ?? ""
    step.details = [
      "commit": .string(commit), "contentID": .string(facts.content?.id ?? ""),
      "contentDigest": .string(facts.content.map { "sha256:\($0.digest)" } ?? ""),
      "createdAt": .string(created), "generation": .integer(metadata.generation),
    ]
    let building = facts.gitRepo.flatMap { Conditions($0.status["conditions"])["Reconciling"] }
    if let building, building.isFalse, commit == facts.gitRepo?.commit {
      step.time = building.lastUpdateTime
    } else if metadata.generation <= 1 {
      step.time = created
    } else {
      step.timeUnknown = "it was changed since it was made at \(created), and it is not noted when"
    }
    let targeted = Conditions(facts.bundle.status["conditions"])["Targeted"]
    let observed = facts.bundle.status["observedGeneration"]?.integer ?? 0
    if let deleted = metadata.deletionTimestamp {
      step.state = .held
      step.reasons = ["the bundle is being deleted since \(deleted)"]
    } else if let repo = facts.gitRepo, !commit.isEmpty, !repo.commit.isEmpty, commit != repo.commit {
      step.state = .waiting
      step.reasons = ["the bundle is to be written again for commit \(repo.commit.prefix(12))"]
    } else if observed < metadata.generation {
      step.state = .waiting
      step.reasons = ["the manager has not yet looked for the clusters of generation \(metadata.generation)"]
    } else if let targeted, targeted.isFalse {
      step.state = .failed
      step.reasons = [targeted.message]
    }
    return step
  }

  private var target: TraceStep {
    let cluster = facts.cluster
    func no(_ message: String, _ reasons: [String]) -> TraceStep {
      var step = TraceStep(name: .target, state: .no, message: message, reasons: reasons)
      if facts.record != nil { step.reasons.append("its deployment is still there, and is being removed") }
      return step
    }
    guard facts.isCandidate else {
      let (from, to) = (facts.bundle.metadata.namespace, cluster.metadata.namespace)
      return no(
        "the bundle cannot reach clusters of namespace \(to)",
        ["no BundleNamespaceMapping in \(from) lets this bundle reach clusters of \(to)"])
    }
    let target = TargetCluster(cluster)
    let targeting = Targeting(facts.bundle.spec)
    switch targeting.decide(target, groups: facts.groups) {
    case .notTargeted:
      return no(
        "no target lets the bundle onto the cluster",
        TargetExplanation.reasons(facts.bundle.spec, cluster: target, groups: facts.groups))
    case .doNotDeploy(let name): return no("\(name) says doNotDeploy", ["\(name): doNotDeploy"])
    case .deploy(let match):
      if cluster.metadata.isDeleting { return no("the cluster is being deleted", ["the cluster is being deleted"]) }
      let names = targeting.names(of: match)
      let custom = names.dropFirst().joined(separator: ", ")
      var step = TraceStep(
        name: .target, state: .done,
        message: "target \(names.first ?? "")" + (custom.isEmpty ? "" : ", customised by \(custom)"))
      step.details = [
        "target": .string(names.first ?? ""), "customizations": names.count > 1 ? Value(Array(names.dropFirst())) : "",
        "groups": facts.groups.isEmpty ? "" : Value(facts.groups.map(\.name).sorted()),
      ]
      if let occupant = facts.occupant {
        step.state = .failed
        step.reasons = [
          "the cluster has a bundle of this name already, \(occupant); give one of them another name"
        ]
      } else if cluster.clusterNamespace == nil {
        step.state = .waiting
        step.reasons = ["the cluster is not set up yet"]
      }
      return step
    }
  }
}
