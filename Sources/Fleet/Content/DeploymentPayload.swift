import Document

/// What an agent is told about one deployment: the options blob, fetched by its digest. Nothing in it names the cluster,
/// so clusters with equal options share one blob.
public struct DeploymentPayload: Sendable, Hashable {
  /// The bundle's name, which is also the BundleDeployment's.
  public var bundleName: String
  /// The bundle's namespace.
  public var bundleNamespace: String
  /// The commit that the bundle comes from; empty when unknown.
  public var commit: String
  /// Labels of the BundleDeployment, by which other deployments depend on it.
  public var labels: [String: String]
  /// The id of the files, see ``Manifest/id``.
  public var manifestID: String
  /// The id of this version, see ``DeploymentID``.
  public var deploymentID: String
  /// How to deploy.
  public var options: BundleDeploymentOptions
  /// Deployments that come first.
  public var dependsOn: [DependsOn]
  /// Drift correction.
  public var correctDrift: CorrectDrift
  /// Do nothing for this deployment while this is set.
  public var paused: Bool
  /// What `downstreamResources` names, as it is in the bundle's namespace.
  public var copies: [DownstreamCopy]

  /// A payload.
  public init(
    bundleName: String, bundleNamespace: String, commit: String = "", labels: [String: String] = [:],
    manifestID: String, deploymentID: String, options: BundleDeploymentOptions, dependsOn: [DependsOn] = [],
    correctDrift: CorrectDrift = CorrectDrift(), paused: Bool = false, copies: [DownstreamCopy] = []
  ) {
    self.bundleName = bundleName
    self.bundleNamespace = bundleNamespace
    self.commit = commit
    self.labels = labels
    self.manifestID = manifestID
    self.deploymentID = deploymentID
    self.options = options
    self.dependsOn = dependsOn
    self.correctDrift = correctDrift
    self.paused = paused
    self.copies = copies
  }

  /// The payload of a bundle's version.
  public init(
    bundle: Bundle, manifestID: String, deploymentID: String, options: BundleDeploymentOptions, paused: Bool = false,
    copies: [DownstreamCopy] = []
  ) {
    var labels = FleetLabels.cleaned(bundle.metadata.labels)
    // A commit that leaves a bundle as it was must not make new options for every cluster.
    labels[FleetLabels.commit] = nil
    labels[FleetLabels.bundleName] = Names.labelValue(bundle.metadata.name)
    labels[FleetLabels.bundleNamespace] = bundle.metadata.namespace
    self.init(
      bundleName: bundle.metadata.name, bundleNamespace: bundle.metadata.namespace, commit: bundle.commit ?? "",
      labels: labels, manifestID: manifestID, deploymentID: deploymentID, options: options,
      dependsOn: bundle.spec.dependsOn, correctDrift: options.correctDrift ?? CorrectDrift(), paused: paused,
      copies: copies)
  }

  /// Reads what ``encoded()`` wrote.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent`.
  public init(decoding bytes: [UInt8]) throws(FleetError) {
    do {
      let reader = try FieldReader(try JSON.parse(bytes, file: "options"))
      bundleName = try reader.text("bundleName")
      bundleNamespace = try reader.text("bundleNamespace")
      commit = try reader.text("commit")
      labels = try reader.stringMap("labels") ?? [:]
      manifestID = try reader.text("manifestID")
      deploymentID = try reader.text("deploymentID")
      options = try BundleDeploymentOptions(reader.value("options"))
      dependsOn = []
      for dependency in try reader.objects("dependsOn") ?? [] { dependsOn.append(try DependsOn(dependency)) }
      correctDrift =
        try reader.object("correctDrift").map { (drift) throws(FleetError) in try CorrectDrift(drift) }
        ?? CorrectDrift()
      paused = try reader.flag("paused")
      copies = []
      for copy in try reader.objects("copies") ?? [] { copies.append(try DownstreamCopy(copy)) }
      guard !bundleName.isEmpty, !deploymentID.isEmpty, !manifestID.isEmpty else {
        throw FleetError(.corruptContent, "bundleName, manifestID and deploymentID must not be empty")
      }
    } catch {
      throw FleetError(.corruptContent, "the deployment's options cannot be read: \(error)", cause: error)
    }
  }

  /// Whether two payloads say the same but for the commit they come from, so that the older one can stay in use.
  public func isEquivalent(to other: DeploymentPayload) -> Bool {
    var copy = other
    copy.commit = commit
    return self == copy
  }

  /// The payload as JSON; equal payloads give equal bytes.
  public func encoded() -> [UInt8] {
    var writer = FieldWriter()
    writer.set("bundleName", bundleName)
    writer.set("bundleNamespace", bundleNamespace)
    writer.set("commit", commit)
    writer.set("labels", labels)
    writer.set("manifestID", manifestID)
    writer.set("deploymentID", deploymentID)
    writer.setObject("options", options.value)
    writer.set("dependsOn", dependsOn.map(\.value))
    writer.setObject("correctDrift", correctDrift.value)
    writer.set("paused", paused)
    writer.set("copies", copies.map(\.value))
    return JSON.encode(writer.value)
  }
}
