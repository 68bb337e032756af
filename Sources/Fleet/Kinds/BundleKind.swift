import Document

extension FleetKind {
  /// Files and how to deploy them to which clusters (fleet-behaviour §1.3).
  public static let bundle = FleetKind(
    "Bundle",
    columns: [
      PrinterColumn("BundleDeployments-Ready", ".status.display.readyClusters", "Ready and all BundleDeployments."),
      statusColumn,
    ],
    schema: Schema.kind(
      "Bundle holds the files of one directory and says how they are deployed to which clusters.",
      [
        "spec": Schema.object("What is wanted.", Schema.bundleSpec),
        "status": Schema.object("What is.", bundleStatus),
      ]),
    validate: FieldChecks.selectors(
      in: [["spec", "targets"], ["spec", "targetRestrictions"], ["spec", "rolloutStrategy", "partitions"]],
      fields: FieldChecks.targetSelectors))

  private static let bundleStatus: [String: Value] = [
    "conditions": Schema.conditions,
    "summary": Schema.summary,
    "newlyCreated": Schema.integer("BundleDeployments made in the last step.", format: "int32"),
    "unavailable": Schema.integer("Clusters that are unavailable.", format: "int32"),
    "unavailablePartitions": Schema.integer("Partitions that are unavailable.", format: "int32"),
    "maxUnavailable": Schema.integer("Clusters that may be unavailable.", format: "int32"),
    "maxUnavailablePartitions": Schema.integer("Partitions that may be unavailable.", format: "int32"),
    "maxNew": Schema.integer("BundleDeployments that one step makes.", format: "int32"),
    "partitions": Schema.array(
      "The rollout's partitions.",
      of: Schema.object(
        "One partition.",
        [
          "name": Schema.string("The partition's name."),
          "count": Schema.integer("Clusters in it.", format: "int32"),
          "maxUnavailable": Schema.integer("Clusters that may be unavailable.", format: "int32"),
          "unavailable": Schema.integer("Clusters that are unavailable or not up to date.", format: "int32"),
          "summary": Schema.summary,
        ])),
    "display": Schema.object(
      "The same as texts for tables.",
      [
        "readyClusters": Schema.string("Ready and all clusters as a/b."),
        "state": Schema.string("The worst state; empty when all is well."),
      ]),
    "resourceKey": Schema.array(
      "Not used any more.", of: Schema.object("Nothing.", [:])),
    "ociReference": Schema.string("Where contents live in an OCI registry."),
    "observedGeneration": Schema.integer("The generation of spec that this status is about."),
    "resourcesSha256Sum": Schema.string("The SHA-256 of the bundle's files."),
  ]
}
