import Document

/// The merge keys of lists in Kubernetes' own kinds, as far as strategic merge needs them: the `patchMergeKey` tags of
/// k8s.io/api. Kinds of other groups have none and are patched by JSON merge.
enum PatchSchemas {
  /// The schema of a built-in kind; nil for others.
  static func schema(for object: Value) -> Value? {
    let identity = ObjectIdentity(of: object)
    let builtIn =
      identity.group.isEmpty || identity.group.hasSuffix(".k8s.io")
      || ["apps", "batch", "autoscaling", "policy"].contains(identity.group)
    guard builtIn, identity.group != "apiextensions.k8s.io" else { return nil }
    switch identity.kind {
    case "Pod": return properties(["spec": podSpec])
    case "PodTemplate": return properties(["template": template])
    case "Deployment", "DaemonSet", "ReplicaSet", "ReplicationController", "Job":
      return properties(["spec": properties(["template": template])])
    case "StatefulSet":
      return properties(["spec": properties(["template": template, "volumeClaimTemplates": [:]])])
    case "CronJob":
      return properties(["spec": properties(["jobTemplate": properties(["spec": properties(["template": template])])])])
    case "Service": return properties(["spec": properties(["ports": list(key: "port")])])
    case "ServiceAccount":
      return properties(["secrets": list(key: "name"), "imagePullSecrets": list(key: "name")])
    case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
      return properties(["webhooks": list(key: "name")])
    default: return [:]
    }
  }

  private static func properties(_ members: [String: Value]) -> Value {
    ["type": "object", "properties": .object(members)]
  }

  private static func list(key: String, retainKeys: Bool = false, of members: [String: Value] = [:]) -> Value {
    [
      "type": "array", "items": properties(members), "x-kubernetes-patch-merge-key": .string(key),
      "x-kubernetes-patch-strategy": .string(retainKeys ? "merge,retainKeys" : "merge"),
    ]
  }

  private static let containers = list(
    key: "name",
    of: [
      "env": list(key: "name"), "ports": list(key: "containerPort"), "volumeMounts": list(key: "mountPath"),
      "volumeDevices": list(key: "devicePath"),
    ])

  private static let podSpec = properties([
    "containers": containers, "initContainers": containers, "ephemeralContainers": containers,
    "volumes": list(key: "name", retainKeys: true), "imagePullSecrets": list(key: "name"),
    "hostAliases": list(key: "ip"), "topologySpreadConstraints": list(key: "topologyKey"),
    "schedulingGates": list(key: "name"), "resourceClaims": list(key: "name", retainKeys: true),
  ])

  private static let template = properties(["spec": podSpec])
}
