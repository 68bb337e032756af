import Document
import Fleet

extension DeploymentTrace {
  private static let notNoted = "it was not noted by the version of the manager that did it"

  var staged: TraceStep {
    guard let record = facts.record else {
      var step = TraceStep(name: .staged, state: .waiting, message: "there is no deployment yet")
      let rollout = Conditions(facts.bundle.status["conditions"])["RolledOut"]
      step.reasons = rollout.map { $0.isFalse ? [$0.message] : [] } ?? []
      if step.reasons.isEmpty { step.reasons = ["the manager has not made the deployment yet"] }
      return step
    }
    let id = record.staged?.deploymentID ?? ""
    var step = TraceStep(name: .staged, state: .done, message: id.isEmpty ? "no version" : "version \(Self.short(id))")
    step.time = record.stagedAt
    if step.time.isEmpty { step.timeUnknown = Self.notNoted }
    step.details = ["deploymentID": .string(id), "createdAt": .string(record.created)]
    if !record.error.isEmpty {
      step.state = .failed
      step.reasons = ["no version can be made for this cluster: \(record.error)"]
    } else if let content = facts.content, !content.hasKustomization, DeploymentID.manifestID(of: id) != content.id {
      step.state = .held
      step.message = "the newest content is not staged; \(step.message)"
      step.reasons = rolloutReasons
    }
    return step
  }

  var released: TraceStep {
    let record = facts.record
    let id = record?.current?.deploymentID ?? ""
    guard !id.isEmpty, id == record?.staged?.deploymentID else {
      let message = id.isEmpty ? "no version is released" : "an older version is released: \(Self.short(id))"
      var step = TraceStep(name: .released, state: record == nil ? .waiting : .held, message: message)
      step.details = ["deploymentID": .string(id), "olderReleasedAt": .string(record?.releasedAt ?? "")]
      step.reasons = record == nil ? ["there is no deployment yet"] : rolloutReasons
      return step
    }
    var step = TraceStep(name: .released, state: .done, message: "the staged version is to be deployed")
    step.time = record?.releasedAt ?? ""
    if step.time.isEmpty { step.timeUnknown = Self.notNoted }
    step.details = ["deploymentID": .string(id)]
    if record?.paused == true { step.message += "; paused: the agent does nothing for it" }
    return step
  }

  /// Why the newest version does not go on.
  private var rolloutReasons: [String] {
    if facts.bundle.spec.paused { return ["the bundle is paused (spec.paused of the Bundle, or of its GitRepo)"] }
    if facts.cluster.spec.paused { return ["the cluster is paused (spec.paused of the Cluster)"] }
    let status = facts.bundle.status
    func number(_ tree: Value, _ key: String) -> Int64 { tree[key]?.integer ?? 0 }
    var reasons: [String] = []
    let (unavailable, allowed) = (number(status, "unavailable"), number(status, "maxUnavailable"))
    if unavailable >= allowed, unavailable > 0 {
      reasons.append("the rollout waits: \(unavailable) clusters are unavailable, \(allowed) may be (maxUnavailable)")
    }
    for partition in status["partitions"]?.array ?? [] {
      let (unavailable, allowed) = (number(partition, "unavailable"), number(partition, "maxUnavailable"))
      guard unavailable > allowed, reasons.count < Limits.tracedEntries else { continue }
      let name = partition["name"]?.string ?? ""
      reasons.append(
        "the rollout waits at partition \(name): \(unavailable) of its clusters are unavailable or not up to date,"
          + " \(allowed) may be")
    }
    return reasons.isEmpty ? ["the rollout has not come to this cluster yet"] : reasons
  }

  /// An id that fits into a line.
  static func short(_ deploymentID: String) -> String {
    let parts = deploymentID.split(separator: ":", maxSplits: 1)
    return parts.map { $0.prefix($0.hasPrefix("s-") ? 14 : 12) }.joined(separator: ":")
  }
}
