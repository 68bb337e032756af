import Document

/// The schema of what Bundles, their targets, fleet.yaml and BundleDeployments share (fleet-behaviour §1.1).
extension Schema {
  static let deploymentOptions: [String: Value] = [
    "defaultNamespace": string("The release's namespace, and that of objects without one; default when empty."),
    "namespace": string(
      "Forces every object into this namespace. A bundle with cluster-scoped objects is then refused."),
    "kustomize": object(
      "How kustomize is used.",
      ["dir": string("The directory of kustomization.yaml, relative to the bundle.")]),
    "helm": object("How Helm deploys the bundle.", helmOptions),
    "serviceAccount": string("The service account, in the agent's namespace, that the agent acts as."),
    "createNamespace": boolean("Whether the release's namespace may be made; true when absent."),
    "forceSyncGeneration": integer("A change of this number deploys again."),
    "yaml": object(
      "How raw YAML is treated.",
      ["overlays": strings("Directories below overlays/ that are laid over the files, in order.")]),
    "diff": object(
      "What is not drift.", ["comparePatches": array("Parts of objects that are not compared.", of: comparePatch)]),
    "keepResources": boolean("Keep deployed objects when this goes."),
    "deleteNamespace": boolean("Delete the target namespace when the GitRepo goes."),
    "ignore": object(
      "What does not count for readiness.",
      [
        "conditions": array(
          "Conditions that equal every entry of one of these do not count.", of: map("One condition."))
      ]
    ),
    "correctDrift": correctDrift,
    "namespaceLabels": map("The exact labels of the release's namespace."),
    "namespaceAnnotations": map("The exact annotations of the release's namespace."),
    "deleteCRDResources": boolean("Delete CustomResourceDefinitions with the release; they are kept otherwise."),
    "downstreamResources": array(
      "Secrets and ConfigMaps copied from the bundle's namespace to the release's before deploying.",
      of: object("One object to copy.", ["kind": string("Secret or ConfigMap."), "name": string("The object's name.")])),
    "overwrites": array(
      "Objects taken over from a bundle that is going away.",
      of: object(
        "One object.",
        [
          "kind": string("The object's kind."), "name": string("The object's name."),
          "namespace": string("The object's namespace."),
        ])),
    "allowedTargetNamespaceSelector": selector("Labels that the target namespace must have, set by policy."),
  ]

  private static let comparePatch = object(
    "Objects, and what of them is not compared.",
    [
      "apiVersion": string("The API version of the objects meant."),
      "kind": string("The kind of the objects meant."),
      "name": string("The name of the object meant; empty means any."),
      "namespace": string("The namespace of the objects meant; empty means any."),
      "jsonPointers": strings("RFC 6901 pointers to what is ignored on both sides."),
      "operations": array(
        "Operations applied to both sides before comparing.",
        of: object(
          "One operation.",
          [
            "op": string("remove or ignore."), "path": string("What it applies to."), "value": string("Its value."),
          ])),
    ])

  private static let keyReference: [String: Value] = [
    "name": string("The object's name."),
    "namespace": string("The object's namespace; the release's when empty."),
    "key": string("The key in the object's data; values.yaml when empty."),
  ]

  static let helmOptions: [String: Value] = [
    "chart": string("A path relative to the bundle, the name of a chart in repo, or the address of an archive."),
    "repo": string("The address of a chart repository, or of an OCI registry as oci://."),
    "version": string("The chart's version, or a constraint that the newest matching version satisfies."),
    "releaseName": string(
      "The release's name; made from the bundle's name when empty.",
      pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", maxLength: 53),
    "timeoutSeconds": integer("Seconds that Helm waits for readiness; 0 does not wait."),
    "values": anyObject("Values for the chart."),
    "templateValues": map("Templates by top-level key of the values, rendered per cluster and then read as YAML."),
    "valuesFrom": array(
      "Values that the agent reads from ConfigMaps and Secrets of its cluster, later ones on top.",
      of: object(
        "One source of values.",
        [
          "configMapKeyRef": object("A key of a ConfigMap.", keyReference),
          "secretKeyRef": object("A key of a Secret.", keyReference),
        ])),
    "valuesFiles": strings("Files relative to the bundle, merged over values; later ones win."),
    "force": boolean("Replace objects that cannot be changed in place."),
    "takeOwnership": boolean("Adopt objects that exist already when the release is installed."),
    "maxHistory": integer("Revisions that Helm keeps; 2 when absent."),
    "waitForJobs": boolean("With timeoutSeconds, wait for Jobs too."),
    "atomic": boolean("Roll back or uninstall after a failure."),
    "disablePreProcess": boolean("Leave ${ } templates in values alone."),
    "disableDNS": boolean("No DNS lookups in templates."),
    "skipSchemaValidation": boolean("Ignore values.schema.json."),
    "disableDependencyUpdate": boolean("Do not fetch a chart's dependencies when the bundle is made."),
  ]

  static let dependsOn = array(
    "Bundles that must be in an accepted state on the same cluster first.",
    of: object(
      "One dependency; by name, by labels, or both.",
      [
        "name": string("The name of a bundle in the same namespace."),
        "selector": selector("Labels of bundles in the same namespace."),
        "acceptedStates": array(
          "States in which the dependency counts as done; Ready when absent.",
          of: string("A state.", values: BundleState.allCases.map(\.rawValue))),
      ]))

  static let rolloutStrategy = object(
    "How fast a change spreads over clusters.",
    [
      "maxUnavailable": intOrString("How many clusters may be unavailable through updates; 100% when absent."),
      "maxUnavailablePartitions": intOrString("How many partitions may be unavailable before it stops; 0 when absent."),
      "autoPartitionSize": intOrString("The size of automatic partitions; 25% when absent."),
      "autoPartitionThreshold": integer("From how many clusters on there are automatic partitions; 200 when absent."),
      "maxNew": integer("How many new deployments one step makes; 50 when absent."),
      "partitions": array(
        "Partitions made by hand, updated one after another.",
        of: object(
          "One partition.",
          targetCriteria.merging([
            "name": string("The partition's name."),
            "maxUnavailable": intOrString("How many of its clusters may be unavailable through updates."),
          ]) { first, _ in first })),
    ])

  static let bundleTarget = object(
    "Clusters, and options for them.",
    deploymentOptions.merging(targetCriteria) { first, _ in first }.merging([
      "name": string("A name for this entry."),
      "doNotDeploy": boolean("These clusters do not get the bundle."),
    ]) { first, _ in first })

  static let bundleSpec: [String: Value] = deploymentOptions.merging([
    "paused": boolean("Stage changes without releasing them."),
    "rolloutStrategy": rolloutStrategy,
    "resources": array(
      "The bundle's files.",
      of: object(
        "One file.",
        [
          "name": string("The file's path relative to the bundle."),
          "content": string("The text, or base64 of gzip."),
          "encoding": string("Empty for text, or base64+gz."),
        ])),
    "targetCustomizationMode": string(
      "Whether the first matching customisation applies or all of them.", values: ["FirstMatch", "AllMatches"],
      fallback: "FirstMatch"),
    "targets": array("Customisations, then targets; the first matching target decides.", of: bundleTarget),
    "targetRestrictions": array(
      "Clusters outside these are never targeted.", of: gitTarget("Clusters that may be targeted.")),
    "dependsOn": dependsOn,
    "contentsId": string("The id of contents that live in an OCI registry."),
    "helmOpOptions": object(
      "Set for a bundle that a HelmOp made.",
      [
        "helmOpSecretName": string("The Secret with credentials for the chart repository."),
        "helmOpInsecureSkipTLSVerify": boolean("Do not verify the chart repository's certificate."),
        "helmOpCABundle": string("A PEM certificate authority for the chart repository.", format: "byte"),
      ]),
    "valuesHash": string("The hash of values kept in a Secret."),
  ]) { first, _ in first }
}
