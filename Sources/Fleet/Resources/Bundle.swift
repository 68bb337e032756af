import Document

/// One file of a bundle.
public struct BundleResource: Sendable, Hashable {
  /// The encoding of binary or compressed content.
  public static let compressedEncoding = "base64+gz"

  /// The file's path relative to the bundle's root.
  public var name: String
  /// The text itself, or base64 of gzip when ``encoding`` says so.
  public var content: String
  /// Empty for text, or `base64+gz`.
  public var encoding: String

  /// A file as it is stored.
  public init(name: String, content: String, encoding: String = "") {
    self.name = name
    self.content = content
    self.encoding = encoding
  }

  /// A file from its bytes: text stays text unless `compress`, everything else is compressed.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` when zlib fails.
  public init(name: String, bytes: [UInt8], compress: Bool = false) throws(FleetError) {
    self.name = name
    if !compress, let text = String(validating: bytes, as: UTF8.self) {
      content = text
      encoding = ""
    } else {
      content = Base64.encode(try Gzip.compress(bytes))
      encoding = BundleResource.compressedEncoding
    }
  }

  init(_ reader: FieldReader) throws(FleetError) {
    name = try reader.text("name")
    content = try reader.text("content")
    encoding = try reader.text("encoding")
  }

  /// The file's bytes.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` or `limitExceeded` that names the file.
  public func bytes(limit: Int = Limits.fileBytes) throws(FleetError) -> [UInt8] {
    guard !encoding.isEmpty else { return Array(content.utf8) }
    guard encoding == BundleResource.compressedEncoding else {
      throw FleetError(.corruptContent, "has the unknown encoding \"\(encoding)\"; use base64+gz or none", file: name)
    }
    guard let compressed = Base64.decode(content) else {
      throw FleetError(.corruptContent, "is not base64", file: name)
    }
    do {
      return try Gzip.decompress(compressed, limit: limit)
    } catch {
      throw error.located(file: name)
    }
  }

  /// The file as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("name", name)
    writer.set("content", content)
    writer.set("encoding", encoding)
    return writer.value
  }
}

/// Which of several matching customisations apply (fleet-behaviour §3.3).
public enum TargetCustomizationMode: String, Sendable, Hashable {
  /// The first one alone.
  case firstMatch = "FirstMatch"
  /// All of them, merged in order.
  case allMatches = "AllMatches"
}

/// What a Bundle wants (fleet-behaviour §1.3).
public struct BundleSpec: FleetSpec {
  /// Options for every cluster.
  public var options = BundleDeploymentOptions()
  /// Stage changes without releasing them.
  public var paused = false
  /// How fast a change spreads; nil means the defaults.
  public var rolloutStrategy: RolloutStrategy?
  /// The bundle's files, sorted by name.
  public var resources: [BundleResource] = []
  /// Which customisations apply.
  public var targetCustomizationMode = TargetCustomizationMode.firstMatch
  /// Customisations, then targets (see ``Targeting``).
  public var targets: [BundleTarget] = []
  /// Clusters outside these are never targeted; empty means no restriction.
  public var targetRestrictions: [GitTarget] = []
  /// Bundles that come first.
  public var dependsOn: [DependsOn] = []
  /// The id of contents that live in an OCI registry.
  public var contentsId = ""
  /// Set for a bundle that a HelmOp made.
  public var helmOpOptions: Value?
  /// The hash of values that were cut out into a Secret.
  public var valuesHash = ""

  /// A spec with every field at its default.
  public init() {}

  /// Reads a spec; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "spec")
    options = try BundleDeploymentOptions(reader)
    paused = try reader.flag("paused")
    if let strategy = try reader.object("rolloutStrategy") { rolloutStrategy = try RolloutStrategy(strategy) }
    for resource in try reader.objects("resources") ?? [] { resources.append(try BundleResource(resource)) }
    targetCustomizationMode = try reader.customizationMode()
    for target in try reader.objects("targets") ?? [] { targets.append(try BundleTarget(target)) }
    for restriction in try reader.objects("targetRestrictions") ?? [] {
      targetRestrictions.append(try GitTarget(restriction))
    }
    for dependency in try reader.objects("dependsOn") ?? [] { dependsOn.append(try DependsOn(dependency)) }
    contentsId = try reader.text("contentsId")
    helmOpOptions = try reader.tree("helmOpOptions")
    valuesHash = try reader.text("valuesHash")
  }

  /// The spec as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    options.write(to: &writer)
    writer.set("paused", paused)
    writer.set("rolloutStrategy", rolloutStrategy?.value)
    writer.set("resources", resources.map(\.value))
    writer.set("targetCustomizationMode", targetCustomizationMode.rawValue)
    writer.set("targets", targets.map(\.value))
    writer.set("targetRestrictions", targetRestrictions.map(\.value))
    writer.set("dependsOn", dependsOn.map(\.value))
    writer.set("contentsId", contentsId)
    writer.set("helmOpOptions", helmOpOptions)
    writer.set("valuesHash", valuesHash)
    return writer.value
  }
}

extension FieldReader {
  func customizationMode() throws(FleetError) -> TargetCustomizationMode {
    guard let text = try string("targetCustomizationMode"), !text.isEmpty else { return .firstMatch }
    guard let mode = TargetCustomizationMode(rawValue: text) else {
      throw invalid("targetCustomizationMode", "must be FirstMatch or AllMatches, but is \"\(text)\"")
    }
    return mode
  }
}

/// Files and how to deploy them to which clusters.
public struct Bundle: FleetResource {
  /// The kind's name.
  public static let kind = "Bundle"
  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: BundleSpec
  /// What is; null while nobody has said.
  public var status: Value

  /// A Bundle.
  public init(metadata: ObjectMeta, spec: BundleSpec, status: Value = .null) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// The GitRepo that it comes from; nil for one that somebody wrote by hand.
  public var repoName: String? { metadata.labels[FleetLabels.repoName] }
  /// The commit that it comes from, as its label says.
  public var commit: String? { metadata.labels[FleetLabels.commit] }
  /// The manifest of its files.
  public var manifest: Manifest { Manifest(resources: spec.resources) }
}
