import Document

/// The status of an object by the rules that kubectl-like tools share (kstatus, of kubernetes-sigs/cli-utils).
struct KStatus: Hashable {
  enum State: Hashable {
    case inProgress, failed, current, terminating
  }

  var state: State
  var message: String

  static func compute(_ object: Value, _ conditions: [ObjectCondition], now: Int64) -> KStatus {
    if object.at("metadata", "deletionTimestamp")?.string?.isEmpty == false {
      return KStatus(state: .terminating, message: "Resource scheduled for deletion")
    }
    if let generic = generation(object) ?? standardConditions(conditions) { return generic }
    let apiVersion = object["apiVersion"]?.string ?? ""
    let group = apiVersion.contains("/") ? apiVersion.prefix { $0 != "/" } : ""
    let kind = object["kind"]?.string ?? ""
    switch (group, kind) {
    case ("", "Service"): return service(object)
    case ("", "Pod"): return pod(object, conditions, now: now)
    case ("", "PersistentVolumeClaim"): return claim(object)
    case ("", "Secret"), ("", "ConfigMap"), ("batch", "CronJob"): return .current("Resource is always ready")
    case ("apps", "StatefulSet"): return statefulSet(object)
    case ("apps", "DaemonSet"), ("extensions", "DaemonSet"): return daemonSet(object)
    case ("apps", "Deployment"), ("extensions", "Deployment"): return deployment(object, conditions)
    case ("apps", "ReplicaSet"), ("extensions", "ReplicaSet"): return replicaSet(object, conditions)
    case ("policy", "PodDisruptionBudget"): return .current("AllowedDisruptions has been computed.")
    case ("batch", "Job"): return job(object, conditions)
    case ("apiextensions.k8s.io", "CustomResourceDefinition"): return definition(conditions)
    default: return ready(conditions)
    }
  }

  static func current(_ message: String) -> KStatus { KStatus(state: .current, message: message) }
  static func inProgress(_ message: String) -> KStatus { KStatus(state: .inProgress, message: message) }
  static func failed(_ message: String) -> KStatus { KStatus(state: .failed, message: message) }

  /// A controller that says which generation it has seen is not done before it has seen the last.
  private static func generation(_ object: Value) -> KStatus? {
    guard let generation = object.at("metadata", "generation")?.integer,
      let observed = object.at("status", "observedGeneration")?.integer, observed != generation
    else { return nil }
    let kind = object["kind"]?.string ?? ""
    return .inProgress("\(kind) generation is \(generation), but latest observed generation is \(observed)")
  }

  private static func standardConditions(_ conditions: [ObjectCondition]) -> KStatus? {
    for condition in conditions where condition.status == "True" {
      if condition.type == "Reconciling" { return .inProgress(condition.message) }
      if condition.type == "Stalled" { return .failed(condition.message) }
    }
    return nil
  }

  private static func ready(_ conditions: [ObjectCondition]) -> KStatus {
    guard let ready = conditions.first(where: { $0.type == "Ready" }) else { return .current("Resource is current") }
    return ready.status == "True" ? .current("Resource is Ready") : .inProgress(ready.message)
  }

  private static func definition(_ conditions: [ObjectCondition]) -> KStatus {
    for condition in conditions {
      if condition.type == "NamesAccepted", condition.status == "False" { return .failed(condition.message) }
      guard condition.type == "Established" else { continue }
      if condition.status == "False", condition.reason != "Installing" { return .failed(condition.message) }
      if condition.status == "True" { return .current("CRD is established") }
    }
    return .inProgress("Install in progress")
  }

  private static func service(_ object: Value) -> KStatus {
    let address = object.at("spec", "clusterIP")?.string ?? ""
    if object.at("spec", "type") == "LoadBalancer", address.isEmpty {
      return .inProgress("ClusterIP not set. Service type: LoadBalancer")
    }
    return .current("Service is ready")
  }

  private static func claim(_ object: Value) -> KStatus {
    let phase = object.at("status", "phase")?.string ?? "unknown"
    return phase == "Bound" ? .current("PVC is Bound") : .inProgress("PVC is not Bound. phase: \(phase)")
  }
}
