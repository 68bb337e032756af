import Document

/// Whether live objects that differ are put right (fleet-behaviour §5.10).
public struct CorrectDrift: Sendable, Hashable {
  /// Put drift right.
  public var enabled: Bool
  /// Replace objects that cannot be changed in place.
  public var force: Bool
  /// Keep failed attempts in Helm's history.
  public var keepFailHistory: Bool

  /// Drift correction with the given switches.
  public init(enabled: Bool = false, force: Bool = false, keepFailHistory: Bool = false) {
    self.enabled = enabled
    self.force = force
    self.keepFailHistory = keepFailHistory
  }

  init(_ reader: FieldReader) throws(FleetError) {
    enabled = try reader.flag("enabled")
    force = try reader.flag("force")
    keepFailHistory = try reader.flag("keepFailHistory")
  }

  /// The switches as a tree, without those that are off.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("enabled", enabled)
    writer.set("force", force)
    writer.set("keepFailHistory", keepFailHistory)
    return writer.value
  }
}

/// What of an object is not drift (fleet-behaviour §5.8).
public struct ComparePatch: Sendable, Hashable {
  /// One operation of a compare patch: `remove` or `ignore`, or another one of JSON Patch.
  public struct Operation: Sendable, Hashable {
    /// The operation's name.
    public var op: String
    /// What it applies to.
    public var path: String
    /// Its value, for operations that have one.
    public var value: String

    /// An operation.
    public init(op: String, path: String = "", value: String = "") {
      self.op = op
      self.path = path
      self.value = value
    }
  }

  /// The API version of the objects meant.
  public var apiVersion = ""
  /// The kind of the objects meant.
  public var kind = ""
  /// The name of the object meant; empty means any.
  public var name = ""
  /// The namespace of the objects meant; empty means any.
  public var namespace = ""
  /// RFC 6901 pointers to what is ignored on both sides.
  public var jsonPointers: [String] = []
  /// Operations applied to both sides before comparing.
  public var operations: [Operation] = []

  /// A patch that ignores nothing yet.
  public init() {}

  init(_ reader: FieldReader) throws(FleetError) {
    apiVersion = try reader.text("apiVersion")
    kind = try reader.text("kind")
    name = try reader.text("name")
    namespace = try reader.text("namespace")
    jsonPointers = try reader.strings("jsonPointers")
    for entry in try reader.objects("operations") ?? [] {
      operations.append(
        Operation(op: try entry.text("op"), path: try entry.text("path"), value: try entry.text("value")))
    }
  }

  /// The patch as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("apiVersion", apiVersion)
    writer.set("kind", kind)
    writer.set("name", name)
    writer.set("namespace", namespace)
    writer.set("jsonPointers", jsonPointers)
    writer.set(
      "operations",
      operations.map { operation in
        var entry = FieldWriter()
        entry.set("op", operation.op)
        entry.set("path", operation.path)
        entry.set("value", operation.value)
        return entry.value
      })
    return writer.value
  }
}

/// A Secret or ConfigMap that is copied to the release's namespace before deploying.
public struct DownstreamResource: Sendable, Hashable {
  /// `Secret` or `ConfigMap`, in any case.
  public var kind: String
  /// The object's name in the bundle's namespace.
  public var name: String

  /// A resource to copy.
  public init(kind: String, name: String) {
    self.kind = kind
    self.name = name
  }

  init(_ reader: FieldReader) throws(FleetError) {
    kind = try reader.text("kind")
    name = try reader.text("name")
    guard ["secret", "configmap"].contains(kind.lowercased()) else {
      throw reader.invalid("kind", "must be Secret or ConfigMap, but is \"\(kind)\"")
    }
    guard !name.isEmpty else { throw reader.invalid("name", "is missing") }
  }

  /// Whether it is a Secret; a ConfigMap otherwise.
  public var isSecret: Bool { kind.lowercased() == "secret" }

  /// The resource as a tree.
  public var value: Value { ["kind": .string(kind), "name": .string(name)] }
}

/// An object that a bundle takes over from another one that is going away.
public struct OverwrittenResource: Sendable, Hashable {
  /// The object's kind.
  public var kind: String
  /// The object's name.
  public var name: String
  /// The object's namespace.
  public var namespace: String

  /// An object to take over.
  public init(kind: String, name: String, namespace: String) {
    self.kind = kind
    self.name = name
    self.namespace = namespace
  }

  init(_ reader: FieldReader) throws(FleetError) {
    kind = try reader.text("kind")
    name = try reader.text("name")
    namespace = try reader.text("namespace")
  }

  /// The object as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("kind", kind)
    writer.set("name", name)
    writer.set("namespace", namespace)
    return writer.value
  }
}
