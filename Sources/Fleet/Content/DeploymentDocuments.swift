import Document

/// Content objects: the files of a bundle as the API shows them (fleet-behaviour §1.9, §3.6).
public enum ContentDocument {
  /// The kind's name.
  public static let kind = "Content"

  /// The object of a manifest.
  ///
  /// - Throws: ``FleetError`` when zlib fails.
  public static func make(_ manifest: Manifest) throws(FleetError) -> Value {
    let encoded = manifest.encoded()
    return [
      "apiVersion": .string(fleetAPIVersion), "kind": .string(kind),
      "metadata": ["name": .string(Manifest.identifier(of: encoded))],
      "content": .string(Base64.encode(try Gzip.compress(encoded))), "sha256sum": .string(Digests.sha256Hex(encoded)),
    ]
  }

  /// The files of an object, which are those that its name promises.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` or `limitExceeded`.
  public static func manifest(of object: Value) throws(FleetError) -> Manifest {
    let name = object.at("metadata", "name")?.string ?? ""
    guard let blob = object["content"]?.string.flatMap({ Base64.decode($0) }) else {
      throw FleetError(.corruptContent, "the Content \(name) has no base64 in `content`")
    }
    return try Manifest(blob: blob, expecting: name)
  }
}

/// One deployment with its files, as `target` prints them and `deploy` reads them: a Content and BundleDeployments, in any
/// order, with the Secrets and ConfigMaps that `downstreamResources` names (fleet-behaviour §9.2).
public struct DeploymentDocuments: Sendable {
  /// The deployment.
  public let deployment: BundleDeployment
  /// Its files.
  public let manifest: Manifest
  /// What an agent would be told.
  public let payload: DeploymentPayload

  /// Reads manifests; objects of other kinds are passed over.
  ///
  /// - Parameters:
  ///   - cluster: which of several deployments is meant: a cluster's name, or `namespace/name`; nil where that is clear.
  ///   - bundle: the name of the bundle that is meant; nil where that is clear.
  /// - Throws: ``FleetError`` that says what is missing, or which deployments there are to choose from.
  public init(objects: [Value], cluster: String? = nil, bundle: String? = nil) throws(FleetError) {
    let fleet = objects.flatMap { ManifestObjects.flatten($0) }.filter {
      ObjectIdentity(of: $0).group == FleetKind.group
    }
    let contents = fleet.filter { $0["kind"]?.string == ContentDocument.kind }
    guard !contents.isEmpty else {
      throw FleetError(
        .invalidDocument,
        "failed to read content resource from file: there is none; `flotilla target -o yaml` prints it beside its"
          + " BundleDeployments")
    }
    deployment = try DeploymentDocuments.choose(
      try fleet.filter { $0["kind"]?.string == BundleDeployment.kind }.map { (object) throws(FleetError) in
        try BundleDeployment(object)
      }, cluster: cluster, bundle: bundle)
    let id = DeploymentID.manifestID(of: deployment.spec.deploymentID)
    guard let content = contents.first(where: { $0.at("metadata", "name")?.string == id }) else {
      throw FleetError(
        .invalidDocument,
        "failed to read content resource from file: the BundleDeployment wants \(id), which is not there"
      )
    }
    manifest = try ContentDocument.manifest(of: content)
    let labels = deployment.metadata.labels
    let wanted = deployment.spec.options.downstreamResources
    let copies = try objects.flatMap { ManifestObjects.flatten($0) }.filter { object in
      wanted.contains {
        ($0.isSecret ? "Secret" : "ConfigMap") == object["kind"]?.string
          && $0.name == object.at("metadata", "name")?.string
      }
    }.map { (object) throws(FleetError) in try DownstreamCopy(of: object) }
    payload = DeploymentPayload(
      bundleName: deployment.metadata.name, bundleNamespace: labels[FleetLabels.bundleNamespace] ?? "",
      commit: labels[FleetLabels.commit] ?? "", labels: labels, manifestID: id,
      deploymentID: deployment.spec.deploymentID, options: deployment.spec.options,
      dependsOn: deployment.spec.dependsOn, correctDrift: deployment.spec.correctDrift ?? CorrectDrift(),
      paused: deployment.spec.paused, copies: copies)
  }

  /// Whether the options are not those that the deployment's id was made of: edited, written by another program, or without
  /// the Helm values, which the API does not show.
  public var hasOtherOptions: Bool {
    DeploymentID.make(manifestID: payload.manifestID, options: payload.options) != payload.deploymentID
  }

  private static func choose(
    _ deployments: [BundleDeployment], cluster: String?, bundle: String?
  ) throws(FleetError) -> BundleDeployment {
    func name(_ deployment: BundleDeployment) -> String {
      let labels = deployment.metadata.labels
      return "\(labels[FleetLabels.clusterNamespace] ?? "")/\(labels[FleetLabels.cluster] ?? "")"
    }
    guard !deployments.isEmpty else {
      throw FleetError(.invalidDocument, "failed to read bundledeployment resource from file: there is none")
    }
    let found = deployments.filter { deployment in
      let clusters = [name(deployment), deployment.metadata.labels[FleetLabels.cluster] ?? ""]
      return cluster.map(clusters.contains) ?? true && bundle ?? deployment.metadata.name == deployment.metadata.name
    }
    if let only = found.first, found.count == 1 { return only }
    let all = (found.isEmpty ? deployments : found).map { "bundle \($0.metadata.name) on \(name($0))" }
    let names = all.prefix(10).joined(separator: ", ") + (all.count > 10 ? " and \(all.count - 10) more" : "")
    throw FleetError(
      .invalidDocument,
      found.isEmpty
        ? "no BundleDeployment in the file is the one that --cluster and --bundle name; it has \(names)"
        : "the file has several BundleDeployments: \(names); choose one with --cluster and --bundle")
  }
}
