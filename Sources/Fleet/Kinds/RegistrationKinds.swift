import Document

extension FleetKind {
  /// The record of one agent's registration (fleet-behaviour §1.7).
  public static let clusterRegistration = FleetKind(
    "ClusterRegistration",
    columns: [
      PrinterColumn("Cluster-Name", ".status.clusterName", "The Cluster that the agent got."),
      PrinterColumn("Labels", ".spec.clusterLabels", "The labels that the agent brought."),
      PrinterColumn("Granted", ".status.granted", "The agent may connect.", type: "boolean", priority: 1),
    ],
    schema: Schema.kind(
      "ClusterRegistration records that an agent has asked for a Cluster of its own.",
      [
        "spec": Schema.object(
          "What the agent said.",
          [
            "clientID": Schema.string("By which the cluster is known again."),
            "clientRandom": Schema.string("Tells two registrations of one client apart."),
            "clusterLabels": Schema.map("Labels that the Cluster gets."),
          ]),
        "status": Schema.object(
          "What the manager answered.",
          [
            "clusterName": Schema.string("The Cluster that the agent got."),
            "granted": Schema.boolean("The agent may connect."),
          ]),
      ]))

  /// A token by which agents register (fleet-behaviour §1.7).
  public static let clusterRegistrationToken = FleetKind(
    "ClusterRegistrationToken",
    columns: [
      PrinterColumn("Secret-Name", ".status.secretName", "The Secret with what an agent needs."),
      PrinterColumn("Uses", ".status.uses", "Agents that joined with a counted token.", type: "integer", priority: 1),
      PrinterColumn("Max-Uses", ".status.maxUses", "Agents that may join with it.", type: "integer", priority: 1),
      PrinterColumn("Expires", ".status.expires", "When the token expires.", priority: 1),
    ],
    schema: Schema.kind(
      "ClusterRegistrationToken lets agents register; a Secret of the same name holds what they need.",
      [
        "spec": Schema.object(
          "What is wanted.",
          ["ttl": Schema.duration("How long after its creation the token is good; for ever when absent or 0.")]),
        "status": Schema.object(
          "What is.",
          [
            "expires": Schema.time("When the token expires."),
            "secretName": Schema.string("The Secret with what an agent needs."),
            "uses": Schema.integer("Agents that joined with it, where they are counted."),
            "maxUses": Schema.integer("Agents that may join with it, where they are counted."),
            "conditions": Schema.conditions,
          ]),
      ]),
    validate: FieldChecks.durations(["spec", "ttl"]))

  /// Files of bundles by their digest (fleet-behaviour §1.9).
  public static let content = FleetKind(
    "Content", namespaced: false,
    schema: Schema.kind(
      "Content is the files of a bundle under the name of their digest; made and removed by the manager.",
      [
        "content": Schema.string("The files' manifest as JSON, compressed with gzip, in base64.", format: "byte"),
        "sha256sum": Schema.string("The SHA-256 of the manifest before compression."),
        "status": Schema.object(
          "What is.", ["referenceCount": Schema.integer("BundleDeployments that refer to it.")]),
      ]))
}
