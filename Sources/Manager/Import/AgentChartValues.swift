import Document
import Fleet

/// What the agent's chart is installed with, by the options of a Cluster (fleet-behaviour §1.5).
struct AgentChartValues: Sendable, Equatable {
  /// The chart's values, without what the agent joins with.
  var options: Value
  /// The namespace that the agent goes to.
  var namespace: String

  init(_ spec: ClusterSpec, image: AgentImage?) {
    namespace = spec.agentNamespace.isEmpty ? RegistrationValues.defaultAgentNamespace : spec.agentNamespace
    let prefix = spec.other["privateRepoURL"]?.string ?? ""
    var options: Value = [:]
    if let image {
      options["image"] = image.values(prefix: prefix)
    } else if !prefix.isEmpty {
      options["image"] = ["registry": .string(prefix)]
    }
    let copied = [
      "agentTolerations": "tolerations", "agentAffinity": "affinity", "agentResources": "resources",
      "agentEnvVars": "extraEnv", "hostNetwork": "hostNetwork", "agentPullSecrets": "imagePullSecrets",
    ]
    for (field, value) in copied { options[value] = spec.other[field] }
    let scheduling = spec.other["agentSchedulingCustomization"]
    if let priority = scheduling?["priorityClass"]?.object, !priority.isEmpty {
      options["priorityClass"] = .object(priority)
    }
    let budget = Self.budget(scheduling?["podDisruptionBudget"])
    if !budget.isEmpty { options["podDisruptionBudget"] = .object(budget) }
    self.options = options
  }

  /// A budget as Kubernetes takes it, one limit at the most: an empty text is none, and beside another limit so is a zero.
  private static func budget(_ value: Value?) -> [String: Value] {
    let limits = (value?.object ?? [:]).filter { !$0.value.isNull && $0.value != "" }
    guard limits.count > 1 else { return limits }
    return limits.filter { $0.value != "0" && $0.value != 0 }
  }

  /// What tells an installation with these options, and with the chart that this executable has, from others.
  var digest: String {
    Digests.sha256Hex(
      JSON.string(["namespace": .string(namespace), "options": options, "chart": .string(Self.chartDigest)]))
  }

  private static let chartDigest = Digests.sha256Hex(
    AgentChart.chart.files.map { "\($0.path) \(Digests.sha256Hex($0.contents))" }.joined(separator: "\n"))

  /// All values: the options, and what the agent joins with.
  func joining(_ registration: RegistrationValues, clientID: String, endpoints: [String]) -> Value {
    var values = options
    values["managerEndpoints"] = .array(endpoints.map(Value.string))
    values["managerPublicKey"] = .string(registration.token.managerPublicKey)
    if !registration.nextManagerPublicKey.isEmpty {
      values["nextManagerPublicKey"] = .string(registration.nextManagerPublicKey)
    }
    values["token"] = .string(registration.token.text)
    values["tokenName"] = .string(registration.tokenName)
    values["clusterNamespace"] = .string(registration.clusterNamespace)
    values["systemRegistrationNamespace"] = .string(registration.systemRegistrationNamespace)
    values["clientID"] = .string(clientID)
    return values
  }
}
