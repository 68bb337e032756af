import Document

/// Judges objects by their status (fleet-behaviour §5.9). Pure: the time is passed in.
public enum Readiness {
  /// How ready an object is.
  ///
  /// - Parameters:
  ///   - object: the live object.
  ///   - now: seconds since 1970; how long a pod has waited or a deletion has taken depends on it.
  ///   - rules: which conditions mean an error.
  ///   - ignoredConditions: conditions to leave out (`ignore.conditions`): each that has all members of one of these.
  public static func summary(
    of object: Value, now: Int64, rules: ReadinessRules = .init(), ignoredConditions: [[String: String]] = []
  ) -> ReadinessSummary {
    let object = without(ignoredConditions, in: object)
    let conditions = ObjectCondition.all(of: object)
    var summary = ReadinessSummary()
    adoptOwnSummary(object, &summary)
    checkErrors(conditions, rules.conditions(for: object), &summary)
    checkTransitions(conditions, &summary)
    checkActive(object, &summary)
    checkPhase(object, &summary)
    checkRemoval(object, conditions, now, &summary)
    let status = KStatus.compute(object, conditions, now: now)
    checkStandard(status, &summary)
    checkLoadBalancer(object, &summary)
    switch status.state {
    case .inProgress, .terminating: summary.transitioning = true
    case .failed: summary.error = true
    case .current: break
    }
    summary.messages.append(withoutRepetitions(status.message))
    summary.state = (summary.state.isEmpty ? "active" : summary.state).lowercased()
    var told = Set<String>()
    summary.messages = summary.messages.map(\.trimmedOfSpace).filter { !$0.isEmpty && told.insert($0).inserted }
    return summary
  }

  private static func without(_ ignored: [[String: String]], in object: Value) -> Value {
    guard !ignored.isEmpty, let conditions = object.at("status", "conditions")?.array else { return object }
    let kept = conditions.filter { condition in
      !ignored.contains { members in
        !members.isEmpty && members.allSatisfy { condition[$0.key]?.string == $0.value }
      }
    }
    var object = object
    object.set(.array(kept), at: "status", "conditions")
    return object
  }

  /// An object that summarises itself, as Rancher's do, is believed.
  private static func adoptOwnSummary(_ object: Value, _ summary: inout ReadinessSummary) {
    let candidates = [object.at("status", "display"), object.at("status", "summary")]
    guard let own = candidates.compactMap({ $0?.object }).first(where: { !$0.isEmpty }) else { return }
    if let state = own["state"]?.string { summary.state = state }
    if let transitioning = own["transitioning"] { summary.transitioning = isTrue(transitioning) }
    if let error = own["error"] { summary.error = isTrue(error) }
    if let message = own["message"]?.string { summary.messages.append(message) }
  }

  private static func isTrue(_ value: Value) -> Bool { value == true || value.string?.lowercased() == "true" }

  private static func checkErrors(
    _ conditions: [ObjectCondition], _ errors: [String: Set<String>], _ summary: inout ReadinessSummary
  ) {
    for condition in conditions
    where condition.reason == "Error" || errors[condition.type]?.contains(condition.status) == true {
      summary.error = true
      summary.messages.append(condition.message)
      if summary.state.isEmpty || summary.state == "active" { summary.state = "error" }
    }
  }

  private static func checkTransitions(_ conditions: [ObjectCondition], _ summary: inout ReadinessSummary) {
    for condition in conditions {
      guard let state = ConditionStates.falseIsError[condition.type] else { continue }
      if condition.status == "False" {
        summary.error = true
      } else if condition.status == "Unknown", summary.state.isEmpty {
        summary.transitioning = true
      } else {
        continue
      }
      summary.state = state
      summary.messages.append(condition.message)
    }
    for condition in conditions
    where summary.state.isEmpty && condition.type == "Reconciling" && condition.status == "True" {
      summary.transitioning = true
      summary.state = "reconciling"
      summary.messages.append(condition.message)
    }
    // What says more than "not ready" goes first, and Ready stands in where nothing does.
    let ready = conditions.filter { $0.type == "Ready" && $0.status == "False" }
    for condition in conditions.filter({ !ready.contains($0) }) + ready where summary.state.isEmpty {
      guard let state = ConditionStates.falseIsTransition[condition.type],
        ["False", "Unknown"].contains(condition.status)
      else {
        continue
      }
      if condition.status == "False" { summary.transitioning = true } else { summary.error = true }
      summary.state = state ?? condition.reason
      summary.messages.append(condition.message)
    }
  }

  private static func checkActive(_ object: Value, _ summary: inout ReadinessSummary) {
    guard summary.state.isEmpty, let active = object.at("spec", "active") else { return }
    switch active {
    case true, "true": summary.state = "active"
    case false, "false": summary.state = "inactive"
    default: return
    }
  }

  private static func checkPhase(_ object: Value, _ summary: inout ReadinessSummary) {
    guard let phase = object.at("status", "phase")?.string, !phase.isEmpty else { return }
    if phase == "Succeeded" || phase == "Bound" {
      summary.state = phase
      summary.transitioning = false
    } else if summary.state.isEmpty {
      summary.state = phase
    }
  }

  /// How long something may take to go before that is an error.
  private static let removalSeconds: Int64 = 300

  /// Objects that Rancher marks as removed by a member of their own. A Kubernetes deletion is `KStatus`' to see.
  private static func checkRemoval(
    _ object: Value, _ conditions: [ObjectCondition], _ now: Int64, _ summary: inout ReadinessSummary
  ) {
    guard let removed = object.at("metadata", "removed")?.string ?? object.at("metadata", "deletionTimestamp")?.string,
      !removed.isEmpty
    else { return }
    summary.state = "removing"
    summary.transitioning = true
    for condition in conditions where condition.type == "Removed" && condition.status != "True" {
      summary.messages.append(condition.message)
    }
    let finalizers = [object.at("metadata", "finalizers"), object.at("spec", "finalizers")]
    guard let first = finalizers.compactMap({ $0?.array?.first?.string }).first else { return }
    let prefix = "controller.cattle.io/"
    let name = first.hasPrefix(prefix) ? String(first.dropFirst(prefix.count)) : first
    summary.messages.append("waiting on \(name == "foregroundDeletion" ? "object cleanup" : name)")
    if let since = Timestamp(removed)?.seconds, now - since > removalSeconds { summary.error = true }
  }

  private static func checkStandard(_ status: KStatus, _ summary: inout ReadinessSummary) {
    guard summary.state.isEmpty else { return }
    switch status.state {
    case .inProgress: summary.state = "in-progress"
    case .failed: summary.state = "failed"
    case .current: summary.state = "active"
    case .terminating: summary.state = "removing"
    }
    summary.messages.append(withoutRepetitions(status.message))
  }

  private static func checkLoadBalancer(_ object: Value, _ summary: inout ReadinessSummary) {
    guard summary.state.isEmpty || summary.state == "active", object["kind"] == "Service",
      object.at("spec", "type") == "LoadBalancer", (object.at("status", "loadBalancer", "ingress")?.array ?? []).isEmpty
    else { return }
    summary.state = "pending"
    summary.transitioning = true
    summary.messages.append("Load balancer is being provisioned")
  }

  /// Some controllers join the same message many times over, with semicolons.
  private static func withoutRepetitions(_ message: String) -> String {
    var told = Set<Substring>()
    return message.split(separator: ";", omittingEmptySubsequences: false).filter { told.insert($0).inserted }
      .joined(separator: ";")
  }
}

/// Condition types whose status names a state.
private enum ConditionStates {
  /// `False` is an error, `Unknown` a transition.
  static let falseIsError: [String: String] = [
    "Active": "activating", "AddonDeploy": "provisioning", "AgentDeployed": "provisioning",
    "BackingNamespaceCreated": "configuring", "Built": "building", "CertsGenerated": "provisioning",
    "ConfigOK": "configuring",
    "Created": "creating", "CreatorMadeOwner": "configuring", "DefaultNamespaceAssigned": "configuring",
    "DefaultNetworkPolicyCreated": "configuring", "DefaultProjectCreated": "configuring",
    "DockerProvisioned": "provisioning",
    "Deployed": "deploying", "Drained": "draining", "Downloaded": "downloading", "etcd": "provisioning",
    "Inactive": "deactivating", "Initialized": "initializing", "Installed": "installing",
    "NodesCreated": "provisioning",
    "Pending": "pending", "PodScheduled": "scheduling", "Provisioned": "provisioning", "Reconciled": "reconciling",
    "Refreshed": "refreshed", "Registered": "registering", "Removed": "removing", "Saved": "saving",
    "Updated": "updating",
    "Updating": "updating", "Upgraded": "upgrading", "Waiting": "waiting", "InitialRolesPopulated": "activating",
    "ScalingActive": "pending", "AbleToScale": "pending", "RunCompleted": "running", "Processed": "processed",
  ]

  /// `False` is a transition, `Unknown` an error; nil takes the condition's reason for the state.
  static let falseIsTransition: [String: String?] = [
    "Completed": "activating", "Ready": "unavailable", "Available": "updating", "BootstrapReady": nil,
    "InfrastructureReady": nil, "NodeHealthy": nil,
  ]
}
