import Document

extension FleetKind {
  /// One bundle on one cluster (fleet-behaviour §1.4).
  public static let bundleDeployment = FleetKind(
    "BundleDeployment",
    columns: [
      PrinterColumn("Deployed", ".status.display.deployed", "Whether the agent has deployed the newest version."),
      PrinterColumn("Monitored", ".status.display.monitored", "Whether the agent watches the deployed objects."),
      statusColumn,
    ],
    schema: Schema.kind(
      "BundleDeployment says what one cluster is to have of one bundle, and what it has.",
      [
        "spec": Schema.object("What is wanted.", deploymentSpec),
        "status": Schema.object("What is, as the cluster's agent reports it.", deploymentStatus),
      ]))

  private static let deploymentSpec: [String: Value] = [
    "paused": Schema.boolean("Nothing is deployed, removed or put right while this is set."),
    "stagedOptions": Schema.object("The newest options, before their release.", Schema.deploymentOptions),
    "stagedDeploymentID": Schema.string("The id of the newest version, before its release."),
    "options": Schema.object("The options to deploy with.", Schema.deploymentOptions),
    "deploymentID": Schema.string("The id of the version to deploy."),
    "dependsOn": Schema.dependsOn,
    "correctDrift": Schema.correctDrift,
    "ociContents": Schema.boolean("Contents live in an OCI registry."),
    "helmChartOptions": Schema.object(
      "Set for a HelmOp.",
      [
        "helmOpSecretName": Schema.string("The Secret with credentials for the chart repository."),
        "helmOpInsecureSkipTLSVerify": Schema.boolean("Do not verify the chart repository's certificate."),
        "helmOpCABundle": Schema.string("A PEM certificate authority for the chart repository.", format: "byte"),
      ]),
    "valuesHash": Schema.string("The hash of values kept in a Secret."),
    "downstreamResourcesGeneration": Schema.integer("Counts changes of copied Secrets and ConfigMaps."),
    "offSchedule": Schema.boolean("Outside every window of the cluster's schedules."),
    "waitingForValues": Schema.boolean("The Secret with the values is not there yet."),
  ]

  private static let deploymentStatus: [String: Value] = [
    "conditions": Schema.conditions,
    "appliedDeploymentID": Schema.string("The id of the version that is deployed."),
    "appliedTime": Schema.string("When that version was deployed, or put right, last."),
    "release": Schema.string("The Helm release as namespace/name:revision."),
    "ready": Schema.boolean("Every deployed object is ready."),
    "nonModified": Schema.boolean("Every deployed object is as it was deployed."),
    "nonReadyStatus": Schema.nonReadyStatus,
    "modifiedStatus": Schema.modifiedStatus,
    "incompleteState": Schema.boolean("The lists were cut at ten entries."),
    "display": Schema.object(
      "The same as texts for tables.",
      [
        "deployed": Schema.string("The Deployed condition."),
        "monitored": Schema.string("The Monitored condition."),
        "state": Schema.string("The state."),
      ]),
    "syncGeneration": Schema.integer("The forceSyncGeneration that was last deployed."),
    "resources": Schema.array(
      "The deployed objects.",
      of: Schema.object(
        "One object.",
        [
          "kind": Schema.string("The object's kind."),
          "apiVersion": Schema.string("The object's API version."),
          "namespace": Schema.string("The object's namespace."),
          "name": Schema.string("The object's name."),
          "createdAt": Schema.time("When the object was made."),
        ])),
    "resourceCounts": Schema.resourceCounts,
    "downstreamResourcesGeneration": Schema.integer("The generation of copies that is in use."),
  ]
}
