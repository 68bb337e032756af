import Document

/// How a bundle is deployed: the part that Bundles, their targets, fleet.yaml and BundleDeployments share
/// (fleet-behaviour §1.1). Every field left alone is the default.
public struct BundleDeploymentOptions: FleetSpec {
  /// The release's namespace, and that of objects without one; `default` when empty.
  public var defaultNamespace = ""
  /// Forces every object into this namespace and refuses cluster-scoped ones.
  public var namespace = ""
  /// The directory of the kustomization, relative to the bundle; nil when `kustomize` is absent.
  public var kustomizeDir: String?
  /// Helm's options; nil when `helm` is absent.
  public var helm: HelmOptions?
  /// The service account that the agent acts as.
  public var serviceAccount = ""
  /// Whether the release's namespace may be made; nil means yes.
  public var createNamespace: Bool?
  /// Part of the deployment id, so that changing it deploys again.
  public var forceSyncGeneration: Int64 = 0
  /// Names of directories below `overlays/` for raw YAML.
  public var overlays: [String] = []
  /// What is not drift.
  public var comparePatches: [ComparePatch] = []
  /// Keep deployed objects when the deployment goes.
  public var keepResources = false
  /// Delete the target namespace when the GitRepo goes.
  public var deleteNamespace = false
  /// Conditions that do not count for readiness: those that equal every entry of one of the maps.
  public var ignoreConditions: [[String: String]] = []
  /// Drift correction; nil when absent.
  public var correctDrift: CorrectDrift?
  /// The exact labels of the release's namespace; nil leaves them alone.
  public var namespaceLabels: [String: String]?
  /// The exact annotations of the release's namespace; nil leaves them alone.
  public var namespaceAnnotations: [String: String]?
  /// Delete CustomResourceDefinitions with the release.
  public var deleteCRDResources = false
  /// Secrets and ConfigMaps copied downstream.
  public var downstreamResources: [DownstreamResource] = []
  /// Objects taken over from a bundle that is being pruned.
  public var overwrites: [OverwrittenResource] = []
  /// Namespaces that policy allows; enforced by the agent.
  public var allowedTargetNamespaceSelector: SelectorSpec?

  /// Options with every field at its default.
  public init() {}

  /// Reads options; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) { try self.init(FieldReader(value)) }

  init(_ reader: FieldReader) throws(FleetError) {
    defaultNamespace = try reader.text("defaultNamespace")
    namespace = try reader.text("namespace")
    if let kustomize = try reader.object("kustomize") { kustomizeDir = try kustomize.text("dir") }
    if let helm = try reader.object("helm") { self.helm = try HelmOptions(helm) }
    serviceAccount = try reader.text("serviceAccount")
    createNamespace = try reader.bool("createNamespace")
    forceSyncGeneration = try reader.integer("forceSyncGeneration") ?? 0
    overlays = try reader.object("yaml")?.strings("overlays") ?? []
    for patch in try reader.object("diff")?.objects("comparePatches") ?? [] {
      comparePatches.append(try ComparePatch(patch))
    }
    keepResources = try reader.flag("keepResources")
    deleteNamespace = try reader.flag("deleteNamespace")
    if let ignore = try reader.object("ignore") { ignoreConditions = try ignore.stringMaps("conditions") }
    if let drift = try reader.object("correctDrift") { correctDrift = try CorrectDrift(drift) }
    namespaceLabels = try reader.stringMap("namespaceLabels")
    namespaceAnnotations = try reader.stringMap("namespaceAnnotations")
    deleteCRDResources = try reader.flag("deleteCRDResources")
    for resource in try reader.objects("downstreamResources") ?? [] {
      downstreamResources.append(try DownstreamResource(resource))
    }
    for resource in try reader.objects("overwrites") ?? [] { overwrites.append(try OverwrittenResource(resource)) }
    allowedTargetNamespaceSelector = try reader.selector("allowedTargetNamespaceSelector")
  }

  /// The options as a tree, without fields at their default.
  public var value: Value {
    var writer = FieldWriter()
    write(to: &writer)
    return writer.value
  }

  func write(to writer: inout FieldWriter) {
    writer.set("defaultNamespace", defaultNamespace)
    writer.set("namespace", namespace)
    if let kustomizeDir { writer.set("kustomize", kustomizeDir.isEmpty ? [:] : ["dir": .string(kustomizeDir)]) }
    if let helm { writer.set("helm", helm.value) }
    writer.set("serviceAccount", serviceAccount)
    writer.set("createNamespace", createNamespace.map { .bool($0) })
    writer.set("forceSyncGeneration", forceSyncGeneration)
    if !overlays.isEmpty { writer.set("yaml", ["overlays": Value(overlays)]) }
    if !comparePatches.isEmpty { writer.set("diff", ["comparePatches": .array(comparePatches.map(\.value))]) }
    writer.set("keepResources", keepResources)
    writer.set("deleteNamespace", deleteNamespace)
    if !ignoreConditions.isEmpty {
      writer.set("ignore", ["conditions": .array(ignoreConditions.map { Value($0) })])
    }
    if let correctDrift { writer.set("correctDrift", correctDrift.value) }
    writer.set("namespaceLabels", namespaceLabels.map { Value($0) })
    writer.set("namespaceAnnotations", namespaceAnnotations.map { Value($0) })
    writer.set("deleteCRDResources", deleteCRDResources)
    writer.set("downstreamResources", downstreamResources.map(\.value))
    writer.set("overwrites", overwrites.map(\.value))
    writer.set("allowedTargetNamespaceSelector", allowedTargetNamespaceSelector?.value)
  }

  /// The namespace that the release goes to: ``namespace``, else ``defaultNamespace``, else `default`.
  public var releaseNamespace: String {
    if !namespace.isEmpty { return namespace }
    return defaultNamespace.isEmpty ? "default" : defaultNamespace
  }

  /// The release's name for a BundleDeployment: the one given, else one made from the bundle's name.
  public func releaseName(bundle: String) -> String {
    if let name = helm?.releaseName, !name.isEmpty { return name }
    return Names.helmReleaseName(bundle)
  }
}

extension FieldReader {
  /// A list of objects with text values.
  func stringMaps(_ key: String) throws(FleetError) -> [[String: String]] {
    var result: [[String: String]] = []
    for (index, element) in (try array(key) ?? []).enumerated() {
      let reader = FieldReader(wrapping: element, key: "\(key)[\(index)]", of: self)
      result.append(try reader.stringMap("\(key)[\(index)]") ?? [:])
    }
    return result
  }

  private init(wrapping value: Value, key: String, of parent: FieldReader) {
    fields = [key: value]
    path = parent.path
  }
}
