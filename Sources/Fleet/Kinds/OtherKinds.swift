import Document

/// Kinds whose form is known, and whose behaviour comes with later versions (fleet-behaviour §1.8, §1.10 to §1.12).
extension FleetKind {
  /// What GitRepos of a namespace may do.
  public static let gitRepoRestriction = FleetKind(
    "GitRepoRestriction",
    columns: [
      PrinterColumn("Default-ServiceAccount", ".defaultServiceAccount", "The service account for those without one."),
      PrinterColumn("Allowed-ServiceAccounts", ".allowedServiceAccounts", "The service accounts that are allowed."),
    ],
    schema: Schema.kind(
      "GitRepoRestriction limits what GitRepos of its namespace may do.",
      [
        "defaultServiceAccount": Schema.string("The service account for GitRepos without one."),
        "allowedServiceAccounts": Schema.strings("The service accounts that are allowed."),
        "allowedRepoPatterns": Schema.strings("Regular expressions of repositories that are allowed."),
        "defaultClientSecretName": Schema.string("The git credentials of GitRepos without any."),
        "allowedClientSecretNames": Schema.strings("The git credentials that are allowed."),
        "allowedTargetNamespaces": Schema.strings("The target namespaces that are allowed."),
        "allowedTargetNamespaceSelector": Schema.selector("Labels that target namespaces must have."),
      ]), hasStatus: false)

  /// What GitRepos and HelmOps of a namespace may do.
  public static let policy = FleetKind(
    "Policy", plural: "policies",
    schema: Schema.kind(
      "Policy limits what GitRepos and HelmOps of its namespace may do.",
      [
        "requireServiceAccount": Schema.boolean("Every bundle must name a service account."),
        "allowedServiceAccounts": Schema.strings("The service accounts that are allowed."),
        "allowNamespaceCreation": Schema.boolean("Bundles with a service account may make their namespace."),
        "gitRepo": Schema.object(
          "What GitRepos may do.",
          [
            "defaultServiceAccount": Schema.string("The service account for GitRepos without one."),
            "defaultClientSecretName": Schema.string("The git credentials of GitRepos without any."),
            "allowedClientSecretNames": Schema.strings("The git credentials that are allowed."),
            "allowedRepoPatterns": Schema.strings("Regular expressions of repositories that are allowed."),
          ]),
        "helmOp": Schema.object(
          "What HelmOps may do.",
          [
            "defaultServiceAccount": Schema.string("The service account for HelmOps without one."),
            "defaultHelmSecretName": Schema.string("The credentials of HelmOps without any."),
            "allowedHelmSecretNames": Schema.strings("The credentials that are allowed."),
            "allowedHelmRepoPatterns": Schema.strings("Regular expressions of chart repositories that are allowed."),
            "allowedChartPatterns": Schema.strings("Regular expressions of charts that are allowed."),
          ]),
      ]), hasStatus: false)

  /// Lets bundles reach clusters of other namespaces.
  public static let bundleNamespaceMapping = FleetKind(
    "BundleNamespaceMapping",
    schema: Schema.kind(
      "BundleNamespaceMapping lets bundles of its namespace reach clusters of other namespaces.",
      [
        "bundleSelector": Schema.selector("Labels of the bundles; none when absent."),
        "namespaceSelector": Schema.selector("Labels of the other namespaces; none when absent."),
      ]), hasStatus: false)

  /// A Helm chart deployed without a git repository.
  public static let helmOp = FleetKind(
    "HelmOp", categories: ["fleet"],
    columns: [
      PrinterColumn("Repo", ".spec.helm.repo", "The chart repository."),
      PrinterColumn("Chart", ".spec.helm.chart", "The chart."),
      PrinterColumn("Version", ".status.version", "The version that is deployed."),
      PrinterColumn(
        "BundleDeployments-Ready", ".status.display.readyBundleDeployments", "Ready and all BundleDeployments."),
      statusColumn,
    ],
    schema: Schema.kind(
      "HelmOp deploys a Helm chart to clusters without a git repository.",
      [
        "spec": Schema.object(
          "What is wanted.",
          Schema.bundleSpec.merging([
            "labels": Schema.map("Labels of the bundle."),
            "pollingInterval": Schema.duration("How often to look for a newer version of the chart."),
            "helmSecretName": Schema.string("The Secret with credentials for the chart repository."),
            "insecureSkipTLSVerify": Schema.boolean("Do not verify the chart repository's certificate."),
          ]) { first, _ in first }),
        "status": Schema.object(
          "What is.",
          Schema.statusBase.merging([
            "lastPollingTriggered": Schema.time("When the chart repository was last asked."),
            "version": Schema.string("The version that is deployed."),
          ]) { first, _ in first }),
      ]), validate: FieldChecks.durations(["spec", "pollingInterval"]))

  /// Looks for new tags of an image.
  public static let imageScan = FleetKind(
    "ImageScan",
    columns: [
      PrinterColumn("Repository", ".spec.image", "The image."),
      PrinterColumn("Latest", ".status.latestTag", "The newest tag."),
    ],
    schema: Schema.kind(
      "ImageScan looks for new tags of an image and writes them to a git repository.",
      [
        "spec": Schema.object(
          "What is wanted.",
          [
            "tagName": Schema.string("The key in setters."), "gitrepoName": Schema.string("The GitRepo."),
            "image": Schema.string("The image."),
            "interval": Schema.duration("How often to look; 15m when absent."),
            "secretRef": Schema.object(
              "Credentials for the registry.", ["name": Schema.string("The Secret's name.")]),
            "suspend": Schema.boolean("Do not look."),
            "policy": Schema.object(
              "Which tag is the newest.",
              [
                "semver": Schema.object("By version.", ["range": Schema.string("A constraint of versions.")]),
                "alphabetical": Schema.object("By text.", ["order": Schema.string("ASC or DESC.")]),
              ]),
          ]),
        "status": Schema.object(
          "What is.",
          [
            "conditions": Schema.conditions, "lastScanTime": Schema.time("When it last looked."),
            "latestImage": Schema.string("The newest image."), "latestTag": Schema.string("The newest tag."),
            "latestDigest": Schema.string("The newest digest."),
            "observedGeneration": Schema.integer("The generation of spec that this status is about."),
            "canonicalImageName": Schema.string("The image's full name."),
          ]),
      ]), validate: FieldChecks.durations(["spec", "interval"]))

  /// Windows in which clusters may change.
  public static let schedule = FleetKind(
    "Schedule",
    columns: [
      PrinterColumn("Schedule", ".spec.schedule", "When windows begin."),
      PrinterColumn("Duration", ".spec.duration", "How long windows last."),
      PrinterColumn("Active", ".status.active", "Whether a window is open.", type: "boolean"),
      PrinterColumn("NextStart", ".status.nextStartTime", "When the next window begins."),
    ],
    schema: Schema.kind(
      "Schedule opens windows in which its clusters may change.",
      [
        "spec": Schema.object(
          "What is wanted.",
          [
            "schedule": Schema.string("When windows begin, as cron with seconds."),
            "duration": Schema.duration("How long windows last."),
            "location": Schema.string("The time zone."),
            "targets": Schema.object(
              "The clusters.",
              ["clusters": Schema.array("Entries of clusters.", of: Schema.gitTarget("Clusters."))]),
          ]),
        "status": Schema.object(
          "What is.",
          [
            "active": Schema.boolean("A window is open."),
            "nextStartTime": Schema.time("When the next window begins."),
            "conditions": Schema.conditions,
            "matchingClusters": Schema.strings("The clusters."),
          ]),
      ]), validate: FieldChecks.durations(["spec", "duration"]))
}
