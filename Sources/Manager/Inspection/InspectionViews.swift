import Document
import Fleet
import KubeServer

/// The read-only subresources behind `flotilla diff` and `flotilla why`.
struct InspectionViews: Sendable {
  let diffs: DiffReader
  let traces: TraceReader

  /// The views of a kind.
  func views(of kind: String) -> [ResourceView] {
    switch kind {
    case BundleDeployment.kind: [diff, deploymentTrace]
    case Bundle.kind: [bundleTrace]
    default: []
    }
  }

  private var diff: ResourceView {
    ResourceView(
      name: "diff", kind: "BundleDeploymentDiff",
      description: "How the live objects differ from what was deployed, as the cluster's agent finds just now."
    ) { request in
      try await diffs.diff(request.name, in: request.namespace)
    }
  }

  private var deploymentTrace: ResourceView {
    ResourceView(
      name: "trace", kind: "BundleTrace",
      description: "The way of the bundle to this cluster, from its commit to the health of its objects."
    ) { request in
      let (bundle, cluster) = try await traces.parties(ofDeployment: request.name, in: request.namespace)
      return try await traces.trace(bundle: bundle, cluster: cluster)
    }
  }

  /// Also for clusters that do not get the bundle, and so have no deployment.
  private var bundleTrace: ResourceView {
    ResourceView(
      name: "trace", kind: "BundleTrace",
      description: "Why a cluster has the bundle, or has it not, and where it stands.",
      parameters: ["cluster": "The cluster as namespace/name, or a name in the bundle's namespace."]
    ) { request in
      let text = request.query["cluster"] ?? ""
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard !text.isEmpty, parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }) else {
        throw KubeError.badRequest("which cluster? Add the query parameter cluster=NAMESPACE/NAME")
      }
      let cluster = ObjectName(namespace: parts.count == 2 ? parts[0] : request.namespace, name: parts[parts.count - 1])
      return try await traces.trace(
        bundle: ObjectName(namespace: request.namespace, name: request.name), cluster: cluster)
    }
  }
}
