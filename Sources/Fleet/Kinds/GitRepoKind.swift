import Document

extension FleetKind {
  /// A git repository whose directories become bundles (fleet-behaviour §1.2).
  public static let gitRepo = FleetKind(
    "GitRepo", categories: ["fleet"],
    columns: [
      PrinterColumn("Repo", ".spec.repo", "The repository's address."),
      PrinterColumn("Commit", ".status.commit", "The commit that is deployed."),
      PrinterColumn(
        "BundleDeployments-Ready", ".status.display.readyBundleDeployments", "Ready and all BundleDeployments."),
      statusColumn,
    ],
    schema: Schema.kind(
      "GitRepo names a git repository whose directories become bundles, and the clusters that they are deployed to.",
      [
        "spec": Schema.object("What is wanted.", spec, required: ["repo"]),
        "status": Schema.object("What is.", status),
      ], required: ["spec"]),
    validate: FieldChecks.all(
      FieldChecks.durations(["spec", "pollingInterval"], ["spec", "imageScanInterval"]),
      FieldChecks.selectors(in: [["spec", "targets"]], fields: FieldChecks.targetSelectors)))

  private static let spec: [String: Value] = [
    "repo": Schema.string("The repository's address: https, http, ssh, git or file.", minLength: 1),
    "branch": Schema.string("The branch to follow; master when neither branch nor revision is given."),
    "revision": Schema.string("A commit or tag to stay at."),
    "targetNamespace": Schema.string(
      "Forces every object of every bundle into this namespace; cluster-scoped objects are then refused."),
    "clientSecretName": Schema.string("The Secret, in the same namespace, with the git server's credentials."),
    "helmSecretName": Schema.string("The Secret with credentials for chart repositories."),
    "helmSecretNameForPaths": Schema.string("The Secret with credentials for chart repositories by path."),
    "helmRepoURLRegex": Schema.string(
      "Credentials are sent only to chart repositories whose address matches; never, when this is empty."),
    "caBundle": Schema.string("A PEM certificate authority for the git server, in base64.", format: "byte"),
    "insecureSkipTLSVerify": Schema.boolean("Do not verify the certificates of git and chart servers."),
    "paths": Schema.strings("Directories to scan for bundles, globs allowed; the repository's root when absent."),
    "bundles": Schema.array(
      "Directories that are one bundle each, instead of scanning paths.",
      of: Schema.object(
        "One bundle.",
        [
          "base": Schema.string("The bundle's directory."),
          "options": Schema.string("The file, relative to base, to use instead of fleet.yaml."),
        ])),
    "paused": Schema.boolean("Make bundles, but do not release changes to clusters."),
    "serviceAccount": Schema.string("The service account that agents act as."),
    "targets": Schema.array(
      "The clusters to deploy to; the ClusterGroup default when absent.",
      of: Schema.gitTarget("Clusters to deploy to; all criteria that are given must hold.")),
    "pollingInterval": Schema.duration("How often to look for new commits; 15s when absent."),
    "disablePolling": Schema.boolean("Do not look for new commits."),
    "forceSyncGeneration": Schema.integer("A change of this number reads the repository and deploys everything again."),
    "imageScanInterval": Schema.duration("How often to look for new image tags."),
    "imageScanCommit": Schema.object(
      "Author and message of commits of new image tags.",
      [
        "authorName": Schema.string("The author's name."),
        "authorEmail": Schema.string("The author's address."),
        "messageTemplate": Schema.string("A template of the message."),
      ]),
    "keepResources": Schema.boolean("Keep deployed objects when this GitRepo goes."),
    "deleteNamespace": Schema.boolean("Delete the target namespace when this GitRepo goes."),
    "correctDrift": Schema.correctDrift,
    "ociRegistrySecret": Schema.string("The Secret that describes an OCI registry for bundle contents."),
    "webhookSecret": Schema.string("The Secret of this repository's webhook."),
  ]

  private static let status: [String: Value] = Schema.statusBase.merging([
    "observedGeneration": Schema.integer("The generation of spec that this status is about."),
    "updateGeneration": Schema.integer("The forceSyncGeneration that was last carried out."),
    "commit": Schema.string("The commit that is deployed."),
    "webhookCommit": Schema.string("The commit that a webhook last announced."),
    "lastWebhookTime": Schema.time("When a webhook last arrived."),
    "pollingCommit": Schema.string("The commit that polling last found."),
    "gitJobStatus": Schema.string("How reading the repository stands: Current, InProgress or Failed."),
    "lastSyncedImageScanTime": Schema.time("When image tags were last committed."),
    "lastPollingTriggered": Schema.time("When the repository was last polled."),
  ]) { first, _ in first }
}
