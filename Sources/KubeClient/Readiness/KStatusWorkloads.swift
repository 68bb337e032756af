import Document

// Workloads: replicas first, then what the controller says about them. Messages are kstatus' own, which users know from Fleet.
extension KStatus {
  /// How long a pod may go without a node before that is a failure.
  private static let scheduleSeconds: Int64 = 15

  private static func count(_ object: Value, _ section: String, _ name: String, otherwise: Int64 = 0) -> Int64 {
    object.at(section, name)?.integer ?? otherwise
  }

  static func deployment(_ object: Value, _ conditions: [ObjectCondition]) -> KStatus {
    // Without a deadline the controller sets no Progressing condition.
    let deadline = count(object, "spec", "progressDeadlineSeconds", otherwise: Int64(Int32.max))
    var progressing = deadline == Int64(Int32.max)
    var available = false
    for condition in conditions {
      switch condition.type {
      case "Progressing":
        if condition.reason == "ProgressDeadlineExceeded" { return .failed("Progress deadline exceeded") }
        if condition.status == "True", condition.reason == "NewReplicaSetAvailable" { progressing = true }
      case "Available": available = available || condition.status == "True"
      default: continue
      }
    }
    let wanted = count(object, "spec", "replicas", otherwise: 1)
    let replicas = count(object, "status", "replicas")
    let updated = count(object, "status", "updatedReplicas")
    let ready = count(object, "status", "readyReplicas")
    let availableReplicas = count(object, "status", "availableReplicas")
    if wanted > replicas { return .inProgress("Replicas: \(replicas)/\(wanted)") }
    if wanted > updated { return .inProgress("Updated: \(updated)/\(wanted)") }
    if replicas > wanted { return .inProgress("Pending termination: \(replicas - wanted)") }
    if updated > availableReplicas { return .inProgress("Available: \(availableReplicas)/\(updated)") }
    if wanted > ready { return .inProgress("Ready: \(ready)/\(wanted)") }
    if !progressing { return .inProgress("ReplicaSet not Available") }
    if !available { return .inProgress("Deployment not Available") }
    return .current("Deployment is available. Replicas: \(replicas)")
  }

  static func replicaSet(_ object: Value, _ conditions: [ObjectCondition]) -> KStatus {
    if conditions.contains(where: { $0.type == "ReplicaFailure" && $0.status == "True" }) {
      return .inProgress("Replica Failure condition. Check Pods")
    }
    let wanted = count(object, "spec", "replicas", otherwise: 1)
    let replicas = count(object, "status", "replicas")
    let labelled = count(object, "status", "fullyLabeledReplicas")
    let available = count(object, "status", "availableReplicas")
    let ready = count(object, "status", "readyReplicas")
    if wanted > labelled { return .inProgress("Labelled: \(labelled)/\(wanted)") }
    if wanted > available { return .inProgress("Available: \(available)/\(wanted)") }
    if wanted > ready { return .inProgress("Ready: \(ready)/\(wanted)") }
    if replicas > wanted { return .inProgress("Pending termination: \(replicas - wanted)") }
    return .current("ReplicaSet is available. Replicas: \(replicas)")
  }

  static func statefulSet(_ object: Value) -> KStatus {
    if object.at("spec", "updateStrategy", "type") == "OnDelete" {
      return .current("StatefulSet is using the ondelete update strategy")
    }
    let wanted = count(object, "spec", "replicas", otherwise: 1)
    let replicas = count(object, "status", "replicas")
    let ready = count(object, "status", "readyReplicas")
    let current = count(object, "status", "currentReplicas")
    let updated = count(object, "status", "updatedReplicas")
    if wanted > replicas { return .inProgress("Replicas: \(replicas)/\(wanted)") }
    if wanted > ready { return .inProgress("Ready: \(ready)/\(wanted)") }
    if replicas > wanted { return .inProgress("Pending termination: \(replicas - wanted)") }
    if let partition = object.at("spec", "updateStrategy", "rollingUpdate", "partition")?.integer {
      if updated < wanted - partition { return .inProgress("updated: \(updated)/\(wanted - partition)") }
      return .current("Partition rollout complete. updated: \(updated)")
    }
    if wanted > current { return .inProgress("current: \(current)/\(wanted)") }
    let revision = object.at("status", "currentRevision")?.string ?? ""
    if revision != object.at("status", "updateRevision")?.string ?? "" {
      return .inProgress("Waiting for updated revision to match current")
    }
    return .current("All replicas scheduled as expected. Replicas: \(replicas)")
  }

  static func daemonSet(_ object: Value) -> KStatus {
    if object.at("metadata", "generation")?.integer == nil {
      return .inProgress("DaemonSet metadata.generation not found")
    }
    if object.at("status", "observedGeneration")?.integer == nil {
      return .inProgress("DaemonSet status.observedGeneration not found")
    }
    guard let wanted = object.at("status", "desiredNumberScheduled")?.integer else {
      return .inProgress("Missing .status.desiredNumberScheduled")
    }
    for (name, member) in [
      ("Current", "currentNumberScheduled"), ("Updated", "updatedNumberScheduled"), ("Available", "numberAvailable"),
      ("Ready", "numberReady"),
    ] {
      let found = count(object, "status", member)
      if wanted > found { return .inProgress("\(name): \(found)/\(wanted)") }
    }
    return .current("All replicas scheduled as expected. Replicas: \(wanted)")
  }

  static func job(_ object: Value, _ conditions: [ObjectCondition]) -> KStatus {
    let completions = count(
      object, "spec", "completions", otherwise: count(object, "spec", "parallelism", otherwise: 1))
    let succeeded = count(object, "status", "succeeded")
    let failed = count(object, "status", "failed")
    for condition in conditions where condition.status == "True" {
      switch condition.type {
      case "Complete": return .current("Job Completed. succeeded: \(succeeded)/\(completions)")
      case "Failed": return .failed("Job Failed. failed: \(failed)/\(completions)")
      case "Suspended": return .current("Job is suspended")
      default: continue
      }
    }
    if object.at("status", "startTime")?.string?.isEmpty ?? true { return .inProgress("Job not started") }
    let active = count(object, "status", "active")
    return .current("Job in progress. success:\(succeeded), active: \(active), failed: \(failed)")
  }

  static func pod(_ object: Value, _ conditions: [ObjectCondition], now: Int64) -> KStatus {
    switch object.at("status", "phase")?.string ?? "" {
    case "Succeeded": return .current("Pod has completed successfully")
    case "Failed": return .current("Pod has completed, but not successfully")
    case "Running":
      if conditions.contains(where: { $0.type == "Ready" && $0.status == "True" }) { return .current("Pod is Ready") }
      let crashing = (object.at("status", "containerStatuses")?.array ?? []).filter {
        $0.at("state", "waiting", "reason") == "CrashLoopBackOff"
      }.compactMap { $0["name"]?.string }
      if !crashing.isEmpty { return .failed("Containers in CrashLoop state: \(crashing.joined(separator: ","))") }
      return .inProgress("Pod is running but is not Ready")
    case "Pending":
      let unschedulable = conditions.contains {
        $0.type == "PodScheduled" && $0.status == "False" && $0.reason == "Unschedulable"
      }
      guard unschedulable else { return .inProgress("Pod is in the Pending phase") }
      let created = object.at("metadata", "creationTimestamp")?.string.flatMap({ Timestamp($0)?.seconds }) ?? 0
      return now - created < scheduleSeconds
        ? .inProgress("Pod has not been scheduled") : .failed("Pod could not be scheduled")
    case "": return .inProgress("Pod phase not available")
    // A phase of a later Kubernetes: nothing is known against it.
    default: return .current("Resource is current")
    }
  }
}
