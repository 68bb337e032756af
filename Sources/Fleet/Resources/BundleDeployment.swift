import Document

/// What one cluster is to have of one bundle (fleet-behaviour §1.4).
public struct BundleDeploymentSpec: FleetSpec {
  /// Nothing is deployed, removed or put right while this is set.
  public var paused = false
  /// The newest options, that the rollout has not released yet.
  public var stagedOptions = BundleDeploymentOptions()
  /// The id of the newest version.
  public var stagedDeploymentID = ""
  /// The options to deploy with.
  public var options = BundleDeploymentOptions()
  /// The id of the version to deploy.
  public var deploymentID = ""
  /// Bundles that come first.
  public var dependsOn: [DependsOn] = []
  /// Drift correction; nil when absent.
  public var correctDrift: CorrectDrift?
  /// Contents live in an OCI registry.
  public var ociContents = false
  /// The hash of values kept in a Secret.
  public var valuesHash = ""
  /// Outside every window of the cluster's schedules.
  public var offSchedule = false

  /// A spec with every field at its default.
  public init() {}

  /// Reads a spec; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "spec")
    paused = try reader.flag("paused")
    if let staged = try reader.object("stagedOptions") { stagedOptions = try BundleDeploymentOptions(staged) }
    stagedDeploymentID = try reader.text("stagedDeploymentID")
    if let current = try reader.object("options") { options = try BundleDeploymentOptions(current) }
    deploymentID = try reader.text("deploymentID")
    for dependency in try reader.objects("dependsOn") ?? [] { dependsOn.append(try DependsOn(dependency)) }
    if let drift = try reader.object("correctDrift") { correctDrift = try CorrectDrift(drift) }
    ociContents = try reader.flag("ociContents")
    valuesHash = try reader.text("valuesHash")
    offSchedule = try reader.flag("offSchedule")
  }

  /// The spec as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("paused", paused)
    writer.setObject("stagedOptions", stagedOptions.value)
    writer.set("stagedDeploymentID", stagedDeploymentID)
    writer.setObject("options", options.value)
    writer.set("deploymentID", deploymentID)
    writer.set("dependsOn", dependsOn.map(\.value))
    writer.set("correctDrift", correctDrift?.value)
    writer.set("ociContents", ociContents)
    writer.set("valuesHash", valuesHash)
    writer.set("offSchedule", offSchedule)
    return writer.value
  }
}

/// One bundle on one cluster.
public struct BundleDeployment: FleetResource {
  /// The kind's name.
  public static let kind = "BundleDeployment"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: BundleDeploymentSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A BundleDeployment.
  public init(metadata: ObjectMeta, spec: BundleDeploymentSpec, status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// The labels of the BundleDeployment that a bundle has on a cluster (fleet-behaviour §3.6).
  public static func labels(bundle: Bundle, cluster: TargetCluster, manifestID: String) -> [String: String] {
    var labels = FleetLabels.cleaned(bundle.metadata.labels)
    labels[FleetLabels.bundleName] = Names.labelValue(bundle.metadata.name)
    labels[FleetLabels.bundleNamespace] = bundle.metadata.namespace
    labels[FleetLabels.managed] = "true"
    labels[FleetLabels.cluster] = Names.labelValue(cluster.name)
    labels[FleetLabels.clusterNamespace] = cluster.namespace
    labels[FleetLabels.contentName] = manifestID
    return labels
  }
}
