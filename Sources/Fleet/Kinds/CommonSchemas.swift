import Document

/// Schemas that several kinds share (fleet-behaviour §1.1).
extension Schema {
  static let correctDrift = object(
    "Whether objects that were changed on the cluster are put right.",
    [
      "enabled": boolean("Put right what differs from what was deployed."),
      "force": boolean("Delete and recreate objects that cannot be changed in place."),
      "keepFailHistory": boolean("Keep failed attempts in Helm's release history."),
    ])

  static let targetCriteria: [String: Value] = [
    "clusterName": string("The name of one cluster, or its management.cattle.io/cluster-display-name label."),
    "clusterSelector": selector("Labels of clusters; an empty selector means every cluster."),
    "clusterGroup": string("The name of a ClusterGroup in the same namespace."),
    "clusterGroupSelector": selector("Labels of ClusterGroups in the same namespace."),
  ]

  static func gitTarget(_ description: String) -> Value {
    object(description, targetCriteria.merging(["name": string("A name for this entry.")]) { first, _ in first })
  }

  static let conditions = array(
    "What can be said of the object at the moment.",
    of: object(
      "One statement about the object.",
      [
        "type": string("What the statement is about, such as Ready."),
        "status": string("True, False or Unknown."),
        "lastUpdateTime": string("When anything of the condition last changed."),
        "lastTransitionTime": string("When the status last changed."),
        "reason": string("One word for programs."),
        "message": string("A text for people; empty when all is well."),
      ], required: ["type", "status"]))

  static let nonReadyStatus = array(
    "Deployed objects that are not ready; at most ten.",
    of: object(
      "One object.",
      [
        "uid": string("The object's uid."),
        "kind": string("The object's kind."),
        "apiVersion": string("The object's API version."),
        "namespace": string("The object's namespace."),
        "name": string("The object's name."),
        "summary": object(
          "Why it is not ready.",
          [
            "state": string("The object's state in one word."),
            "error": boolean("Something failed."),
            "transitioning": boolean("Something is still going on."),
            "message": strings("What is said about it."),
          ]),
      ]))

  static let modifiedStatus = array(
    "Deployed objects that differ from what was deployed; at most ten.",
    of: object(
      "One object.",
      [
        "kind": string("The object's kind."),
        "apiVersion": string("The object's API version."),
        "namespace": string("The object's namespace."),
        "name": string("The object's name."),
        "missing": boolean("The object is not there."),
        "exist": boolean("The object is there, but belongs to somebody else."),
        "delete": boolean("The object should not be there any more."),
        "patch": string("The merge patch from the live object to the wanted one."),
      ]))

  static let summary = object(
    "How many BundleDeployments are in which state.",
    [
      "ready": integer("Deployed and healthy.", format: "int32"),
      "notReady": integer("Deployed, but some object is not ready.", format: "int32"),
      "waitApplied": integer("Waiting for the cluster's agent.", format: "int32"),
      "errApplied": integer("Deploying failed.", format: "int32"),
      "outOfSync": integer("A newer version is staged but not released.", format: "int32"),
      "modified": integer("Live objects differ from what was deployed.", format: "int32"),
      "pending": integer("Targeted, but not begun.", format: "int32"),
      "desiredReady": integer("All of them.", format: "int32"),
      "nonReadyResources": array(
        "The first of those that are not ready; at most ten.",
        of: object(
          "One that is not ready.",
          [
            "name": string("Its name."),
            "bundleState": string("Its state."),
            "message": string("What is said about it."),
            "modifiedStatus": modifiedStatus,
            "nonReadyStatus": nonReadyStatus,
          ])),
    ])

  static let resourceCounts = object(
    "How many deployed objects are in which state.",
    [
      "ready": integer("Healthy."),
      "desiredReady": integer("All of them."),
      "waitApplied": integer("Waiting for the cluster's agent."),
      "modified": integer("Different from what was deployed."),
      "orphaned": integer("There, but not wanted any more."),
      "missing": integer("Wanted, but not there."),
      "unknown": integer("In a state that is not known."),
      "notReady": integer("There, but not ready."),
    ])

  /// `display` of GitRepos and HelmOps.
  static let statusBase: [String: Value] = [
    "readyClusters": integer("Clusters on which everything of this is ready."),
    "desiredReadyClusters": integer("Clusters that this is deployed to."),
    "summary": summary,
    "display": object(
      "The same as texts for tables.",
      [
        "readyBundleDeployments": string("Ready and all BundleDeployments as a/b."),
        "state": string("The worst state; empty when all is well."),
        "message": string("What is said about the worst BundleDeployment."),
        "error": boolean("The worst BundleDeployment has an error."),
      ]),
    "conditions": conditions,
    "resources": array("The objects that this deploys, over all clusters.", of: resource),
    "resourceCounts": resourceCounts,
    "perClusterResourceCounts": map("The same by cluster, as namespace/name.", of: resourceCounts),
  ]

  private static let resource = object(
    "One object that is deployed, and how it is on the clusters.",
    [
      "apiVersion": string("The object's API version."),
      "kind": string("The object's kind."),
      "type": string("Group and lower-case kind."),
      "id": string("Namespace and name."),
      "namespace": string("The object's namespace."),
      "name": string("The object's name."),
      "incompleteState": boolean("The list of states is not complete."),
      "state": string("The first state that is not Ready."),
      "error": boolean("Something failed."),
      "transitioning": boolean("Something is still going on."),
      "message": string("What is said about it."),
      "perClusterState": object(
        "Which clusters have it in which state.",
        Dictionary(
          uniqueKeysWithValues: [
            "ready", "waitApplied", "pending", "modified", "orphaned", "missing", "unknown", "notReady",
          ].map { ($0, strings("Clusters as namespace/name.")) })),
    ])
}
