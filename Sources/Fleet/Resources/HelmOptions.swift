import Document

/// How Helm deploys a bundle (fleet-behaviour §1.1, HelmOptions). Every field left alone is Helm's or Fleet's default.
public struct HelmOptions: Sendable, Hashable {
  /// A path relative to the bundle, the name of a chart in ``repo``, or the address of an archive.
  public var chart = ""
  /// The address of a chart repository or OCI registry.
  public var repo = ""
  /// A version, or a constraint that the newest matching version satisfies.
  public var version = ""
  /// The name of the release; made from the bundle's name when empty.
  public var releaseName = ""
  /// Seconds that Helm waits for readiness; 0 does not wait.
  public var timeoutSeconds = 0
  /// Inline values; null when there are none.
  public var values: Value = .null
  /// Templates of values by top-level key, each rendered and then read as YAML.
  public var templateValues: [String: String] = [:]
  /// Values that the agent reads from ConfigMaps and Secrets of its cluster, later ones on top.
  public var valuesFrom: [ValuesFrom] = []
  /// Files relative to the bundle that are merged over ``values`` when the bundle is made.
  public var valuesFiles: [String] = []
  /// Replace objects that cannot be changed in place.
  public var force = false
  /// Adopt existing objects at installation.
  public var takeOwnership = false
  /// Revisions that Helm keeps; 0 means 2.
  public var maxHistory = 0
  /// With a timeout, wait for Jobs too.
  public var waitForJobs = false
  /// Roll back or uninstall after a failure.
  public var atomic = false
  /// Leave `${ }` templates in values alone.
  public var disablePreProcess = false
  /// No DNS lookups in templates.
  public var disableDNS = false
  /// Ignore `values.schema.json`.
  public var skipSchemaValidation = false
  /// Do not fetch a chart's dependencies when the bundle is made.
  public var disableDependencyUpdate = false

  /// Options with every field at its default.
  public init() {}

  init(_ reader: FieldReader) throws(FleetError) {
    chart = try reader.text("chart")
    repo = try reader.text("repo")
    version = try reader.text("version")
    releaseName = try reader.text("releaseName")
    timeoutSeconds = try reader.int("timeoutSeconds") ?? 0
    values = try reader.nonEmptyTree("values") ?? .null
    templateValues = try reader.stringMap("templateValues") ?? [:]
    for source in try reader.objects("valuesFrom") ?? [] { valuesFrom.append(try ValuesFrom(source)) }
    valuesFiles = try reader.strings("valuesFiles")
    force = try reader.flag("force")
    takeOwnership = try reader.flag("takeOwnership")
    maxHistory = try reader.int("maxHistory") ?? 0
    waitForJobs = try reader.flag("waitForJobs")
    atomic = try reader.flag("atomic")
    disablePreProcess = try reader.flag("disablePreProcess")
    disableDNS = try reader.flag("disableDNS")
    skipSchemaValidation = try reader.flag("skipSchemaValidation")
    disableDependencyUpdate = try reader.flag("disableDependencyUpdate")
    if !releaseName.isEmpty, !Names.isValidReleaseName(releaseName) {
      throw reader.invalid(
        "releaseName",
        "\"\(releaseName.prefix(80))\" must be at most 53 characters of lower-case letters, digits, '-' and '.',"
          + " beginning and ending with a letter or digit")
    }
  }

  /// Reads the options; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) { try self.init(FieldReader(value, path: "helm")) }

  /// The options as a tree, without fields at their default.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("chart", chart)
    writer.set("repo", repo)
    writer.set("version", version)
    writer.set("releaseName", releaseName)
    writer.set("timeoutSeconds", timeoutSeconds)
    writer.setObject("values", values)
    writer.set("templateValues", templateValues)
    writer.set("valuesFrom", valuesFrom.map(\.value))
    writer.set("valuesFiles", valuesFiles)
    writer.set("force", force)
    writer.set("takeOwnership", takeOwnership)
    writer.set("maxHistory", maxHistory)
    writer.set("waitForJobs", waitForJobs)
    writer.set("atomic", atomic)
    writer.set("disablePreProcess", disablePreProcess)
    writer.set("disableDNS", disableDNS)
    writer.set("skipSchemaValidation", skipSchemaValidation)
    writer.set("disableDependencyUpdate", disableDependencyUpdate)
    return writer.value
  }
}

/// Values in one ConfigMap or Secret of the downstream cluster; with both, the ConfigMap first.
public struct ValuesFrom: Sendable, Hashable {
  /// One key of one object.
  public struct Reference: Sendable, Hashable {
    /// The object's name.
    public var name: String
    /// The object's namespace; the release's when empty.
    public var namespace: String
    /// The key in the object's data; `values.yaml` when empty.
    public var key: String

    /// A reference.
    public init(name: String, namespace: String = "", key: String = "") {
      self.name = name
      self.namespace = namespace
      self.key = key
    }

    init(_ reader: FieldReader) throws(FleetError) {
      name = try reader.text("name")
      namespace = try reader.text("namespace")
      key = try reader.text("key")
    }

    var value: Value {
      var writer = FieldWriter()
      writer.set("name", name)
      writer.set("namespace", namespace)
      writer.set("key", key)
      return writer.value
    }
  }

  /// A ConfigMap's key.
  public var configMap: Reference?
  /// A Secret's key.
  public var secret: Reference?

  /// A source of values.
  public init(configMap: Reference? = nil, secret: Reference? = nil) {
    self.configMap = configMap
    self.secret = secret
  }

  init(_ reader: FieldReader) throws(FleetError) {
    if let reference = try reader.object("configMapKeyRef") { configMap = try Reference(reference) }
    if let reference = try reader.object("secretKeyRef") { secret = try Reference(reference) }
    for unsupported in ["name", "key", "namespace"] where reader.value(unsupported) != nil {
      throw reader.invalid(unsupported, "belongs under configMapKeyRef or secretKeyRef")
    }
  }

  /// The source as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("configMapKeyRef", configMap?.value)
    writer.set("secretKeyRef", secret?.value)
    return writer.value
  }
}
