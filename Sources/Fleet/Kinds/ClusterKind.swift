import Document

extension FleetKind {
  /// A downstream cluster (fleet-behaviour §1.5).
  public static let cluster = FleetKind(
    "Cluster",
    columns: [
      PrinterColumn("Bundles-Ready", ".status.display.readyBundles", "Ready and all bundles of the cluster."),
      PrinterColumn("Last-Seen", ".status.agent.lastSeen", "When the cluster's agent was last heard of."),
      statusColumn,
    ],
    schema: Schema.kind(
      "Cluster is a downstream cluster that bundles are deployed to.",
      ["spec": Schema.object("What is wanted.", clusterSpec), "status": Schema.object("What is.", clusterStatus)]))

  private static let clusterSpec: [String: Value] = [
    "paused": Schema.boolean("Stage changes for this cluster without releasing them."),
    "clientID": Schema.string("By which the cluster's agent is known when it registers."),
    "kubeConfigSecret": Schema.string("The Secret with a kubeconfig, for a registration that the manager begins."),
    "kubeConfigSecretNamespace": Schema.string("The namespace of kubeConfigSecret; this one's when empty."),
    "redeployAgentGeneration": Schema.integer("A change of this number installs the agent again."),
    "agentEnvVars": Schema.array("Environment of the agent.", of: Schema.anyObject("One variable.")),
    "agentNamespace": Schema.string("The agent's namespace on the cluster."),
    "privateRepoURL": Schema.string("A prefix for the agent's image."),
    "templateValues": Schema.anyObject("What .ClusterValues is in templates of Helm values."),
    "agentTolerations": Schema.array("Tolerations of the agent's pod.", of: Schema.anyObject("One toleration.")),
    "agentAffinity": Schema.anyObject("Affinity of the agent's pod."),
    "agentResources": Schema.anyObject("Resource requests and limits of the agent's pod."),
    "hostNetwork": Schema.boolean("Whether the agent uses the host's network."),
    "agentSchedulingCustomization": Schema.object(
      "Priority and disruption budget of the agent.",
      [
        "priorityClass": Schema.object(
          "The agent's priority class.",
          [
            "value": Schema.integer("The priority."),
            "preemptionPolicy": Schema.string("Whether it displaces other pods."),
          ]),
        "podDisruptionBudget": Schema.object(
          "The agent's disruption budget.",
          [
            "minAvailable": Schema.string("How many must stay."),
            "maxUnavailable": Schema.string("How many may go."),
          ]),
      ]),
    "agentPullSecrets": Schema.array(
      "Secrets to pull the agent's image with.", of: Schema.anyObject("One reference.")),
  ]

  private static let clusterStatus: [String: Value] = [
    "conditions": Schema.conditions,
    "namespace": Schema.string("The namespace on the manager that holds the cluster's BundleDeployments."),
    "summary": Schema.summary,
    "resourceCounts": Schema.resourceCounts,
    "readyGitRepos": Schema.integer("GitRepos that are ready on the cluster."),
    "desiredReadyGitRepos": Schema.integer("GitRepos that are deployed to the cluster."),
    "readyHelmOps": Schema.integer("HelmOps that are ready on the cluster."),
    "desiredReadyHelmOps": Schema.integer("HelmOps that are deployed to the cluster."),
    "display": Schema.object(
      "The same as texts for tables.",
      [
        "readyBundles": Schema.string("Ready and all bundles as a/b."),
        "state": Schema.string("The worst state; WaitCheckIn before the agent was first heard of."),
      ]),
    "agent": Schema.object(
      "The cluster's agent.",
      [
        "lastSeen": Schema.time("When it was last heard of."),
        "namespace": Schema.string("Its namespace on the cluster."),
        "publicKey": Schema.string("The public key that it proved, base64url."),
        "version": Schema.string("Its version."),
        "nextManagerKey": Schema.string("The next key of the manager's that it knows, base64url."),
      ]),
    "agentDeployedGeneration": Schema.integer("The redeployAgentGeneration that was last carried out."),
    "agentMigrated": Schema.boolean("The agent was moved from an older version."),
    "agentNamespaceMigrated": Schema.boolean("The agent was moved to its namespace."),
    "cattleNamespaceMigrated": Schema.boolean("The agent was moved to cattle-fleet-system."),
    "agentConfigChanged": Schema.boolean("The agent's configuration is to be renewed."),
    "agentEnvVarsHash": Schema.string("A hash of what the agent was last installed with."),
    "agentAffinityHash": Schema.string("A hash of what the agent was last installed with."),
    "agentResourcesHash": Schema.string("A hash of what the agent was last installed with."),
    "agentTolerationsHash": Schema.string("A hash of what the agent was last installed with."),
    "agentSchedulingCustomizationHash": Schema.string("A hash of what the agent was last installed with."),
    "agentPrivateRepoURL": Schema.string("The image prefix that the agent was last installed with."),
    "agentHostNetwork": Schema.boolean("What the agent was last installed with."),
    "apiServerURL": Schema.string("The manager's address that the agent was last given."),
    "apiServerCAHash": Schema.string("A hash of the certificate authority that the agent was last given."),
    "agentTLSMode": Schema.string("Which certificate authorities the agent trusts."),
    "garbageCollectionInterval": Schema.string("How often the agent looks for releases without a bundle."),
    "scheduled": Schema.boolean("Some Schedule targets the cluster."),
    "activeSchedule": Schema.boolean("The cluster is in a window of one of its Schedules."),
  ]

  /// A named set of clusters (fleet-behaviour §1.6).
  public static let clusterGroup = FleetKind(
    "ClusterGroup", categories: ["fleet"],
    columns: [
      PrinterColumn("Clusters-Ready", ".status.display.readyClusters", "Ready and all clusters of the group."),
      PrinterColumn("Bundles-Ready", ".status.display.readyBundles", "Ready and all bundles of the group's clusters."),
      statusColumn,
    ],
    schema: Schema.kind(
      "ClusterGroup is a named set of clusters of its namespace.",
      [
        "spec": Schema.object(
          "What is wanted.",
          ["selector": Schema.selector("Labels of the clusters; an empty selector means all, none means no cluster.")]),
        "status": Schema.object("What is.", groupStatus),
      ]),
    validate: { object, _ in FieldChecks.selector(object.at("spec", "selector"), path: "spec.selector") })

  private static let groupStatus: [String: Value] = [
    "clusterCount": Schema.integer("Clusters in the group."),
    "nonReadyClusterCount": Schema.integer("Clusters that are not ready."),
    "nonReadyClusters": Schema.strings("The first of those that are not ready; at most ten."),
    "conditions": Schema.conditions,
    "summary": Schema.summary,
    "display": Schema.object(
      "The same as texts for tables.",
      [
        "readyClusters": Schema.string("Ready and all clusters as a/b, and who is not ready."),
        "readyBundles": Schema.string("Ready and all bundles as a/b."),
        "state": Schema.string("The worst state; empty when all is well."),
      ]),
    "resourceCounts": Schema.resourceCounts,
  ]
}
