import Document

extension FleetYAML {
  /// The schema of fleet.yaml, by which unknown keys are found (fleet-behaviour §2.2).
  public static let schema = Schema.object(
    "What a directory says about the bundle it becomes.",
    Schema.deploymentOptions.merging([
      "name": Schema.string("Overrides the bundle's generated name."),
      "labels": Schema.map("Labels of the bundle."),
      "annotations": Schema.map("Annotations of the bundle."),
      "paused": Schema.boolean("Make the bundle paused."),
      "rolloutStrategy": Schema.rolloutStrategy,
      "dependsOn": Schema.dependsOn,
      "targetCustomizationMode": Schema.string(
        "Whether the first matching customisation applies or all of them.", values: ["FirstMatch", "AllMatches"]),
      "targetCustomizations": Schema.array("Options for some of the clusters, in order.", of: Schema.bundleTarget),
      "targets": Schema.array("Targets, before the customisations.", of: Schema.bundleTarget),
      "targetRestrictions": Schema.array(
        "Clusters outside these, and outside the GitRepo's targets, are never targeted.",
        of: Schema.gitTarget("Clusters that may be targeted.")),
      "overrideTargets": Schema.array(
        "Replaces the GitRepo's targets.", of: Schema.gitTarget("Clusters to deploy to.")),
      "imageScans": Schema.array("Images whose new tags are written to the repository.", of: imageScan),
      "resources": Schema.array("Ignored: the directory's files are the resources.", of: Schema.anyObject("One.")),
    ]) { first, _ in first })

  private static let imageScan = Schema.object(
    "One image.",
    [
      "name": Schema.string("A name for people."),
      "tagName": Schema.string("The key by which files refer to the image's tag."),
      "image": Schema.string("The image."),
      "gitrepoName": Schema.string("Set to the GitRepo's name."),
      "interval": Schema.duration("How often to look; 15m when absent."),
      "secretRef": Schema.object("Credentials for the registry.", ["name": Schema.string("The Secret's name.")]),
      "suspend": Schema.boolean("Do not look."),
      "policy": Schema.object(
        "Which tag is the newest.",
        [
          "semver": Schema.object("By version.", ["range": Schema.string("A constraint of versions.")]),
          "alphabetical": Schema.object("By text.", ["order": Schema.string("ASC or DESC.")]),
        ]),
    ])
}
