import Document

/// A fleet.yaml: everything that a directory says about the bundle it becomes (fleet-behaviour §2.1, §2.2).
public struct FleetYAML: Sendable, Hashable {
  /// The files' names, in the order in which they are looked for.
  public static let fileNames = ["fleet.yaml", "fleet.yml"]

  /// Overrides the bundle's generated name; empty when not given.
  public var name = ""
  /// Labels of the bundle.
  public var labels: [String: String] = [:]
  /// Annotations of the bundle.
  public var annotations: [String: String] = [:]
  /// What goes into the bundle's spec as it is: options, `paused`, `rolloutStrategy`, `dependsOn`, `targets`.
  public var spec = BundleSpec()
  /// Customisations, in order.
  public var targetCustomizations: [BundleTarget] = []
  /// Replaces the GitRepo's targets, even when empty; nil when not given.
  public var overrideTargets: [GitTarget]?
  /// Image scans as they are, by their places in the list; null for those without an image, which are skipped.
  public var imageScans: [Value] = []

  /// An empty document, which is also what a directory without the file has.
  public init() {}

  /// Reads a file.
  ///
  /// - Returns: the document, and warnings about keys that are not known.
  /// - Throws: ``FleetError`` with code `invalidDocument` or `invalidField`; it names the file and, where it can be found,
  ///   line and key.
  public static func parse(
    _ bytes: [UInt8], file: String, directory: String = ""
  ) throws(FleetError) -> (document: FleetYAML, warnings: [BuildWarning]) {
    var warnings: [BuildWarning] = []
    let documents = try ConfigurationText.parse(bytes, file: file, directory: directory, warnings: &warnings)
    guard let first = documents.first, !first.isNull else { return (FleetYAML(), warnings) }
    let locator = KeyLocator(String(decoding: bytes, as: UTF8.self))
    let (root, findings) = SchemaKeys.normalize(first, schema: FleetYAML.schema)
    warnings += findings.map { finding in
      BuildWarning(path: directory, file: file, line: locator.line(of: finding.path), message: finding.message)
    }
    if documents.count > 1 {
      warnings.append(
        BuildWarning(path: directory, file: file, message: "has \(documents.count) documents; only the first is used"))
    }
    do {
      return (try FleetYAML(root), warnings)
    } catch {
      throw error.located(file: file, line: error.key.flatMap { locator.line(of: $0) })
    }
  }

  init(_ root: Value) throws(FleetError) {
    let reader = try FieldReader(root)
    name = try reader.text("name")
    labels = try reader.labels("labels")
    annotations = try reader.stringMap("annotations") ?? [:]
    spec.options = try BundleDeploymentOptions(reader)
    spec.paused = try reader.flag("paused")
    if let strategy = try reader.object("rolloutStrategy") { spec.rolloutStrategy = try RolloutStrategy(strategy) }
    spec.targetCustomizationMode = try reader.customizationMode()
    for dependency in try reader.objects("dependsOn") ?? [] { spec.dependsOn.append(try DependsOn(dependency)) }
    for target in try reader.objects("targets") ?? [] { spec.targets.append(try BundleTarget(target)) }
    for target in try reader.objects("targetCustomizations") ?? [] {
      targetCustomizations.append(try BundleTarget(target))
    }
    for target in try reader.objects("targetRestrictions") ?? [] {
      spec.targetRestrictions.append(try GitTarget(target))
    }
    if let targets = try reader.objects("overrideTargets") {
      var list: [GitTarget] = []
      for target in targets { list.append(try GitTarget(target)) }
      overrideTargets = list
    }
    for scan in try reader.objects("imageScans") ?? [] {
      imageScans.append(.null)
      guard !(try scan.text("image")).isEmpty else { continue }
      guard !(try scan.text("tagName")).isEmpty else { throw scan.invalid("tagName", "is missing") }
      _ = try scan.duration("interval")
      imageScans[imageScans.count - 1] = .object(scan.fields)
    }
    if !name.isEmpty, !Names.isValidObjectName(name) {
      throw reader.invalid(
        "name",
        "\"\(name)\" cannot be a bundle's name: use lower-case letters, digits, '-' and '.', beginning and"
          + " ending with a letter or digit")
    }
  }

  /// Every file that a `valuesFiles` names, and its base name: they configure the bundle and are no part of it.
  var valuesFiles: [String] {
    let lists = [spec.options.helm] + spec.targets.map(\.options.helm) + targetCustomizations.map(\.options.helm)
    return lists.flatMap { $0?.valuesFiles ?? [] }
  }
}
