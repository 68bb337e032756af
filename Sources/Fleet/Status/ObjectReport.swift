import Document

/// Which object a report is about.
public struct ObjectIdentity: Sendable, Hashable, Comparable {
  /// The object's API version.
  public var apiVersion: String
  /// The object's kind.
  public var kind: String
  /// The object's namespace; empty when it has none.
  public var namespace: String
  /// The object's name.
  public var name: String

  /// An object's identity.
  public init(apiVersion: String, kind: String, namespace: String = "", name: String) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  /// The identity of an object's tree; missing fields are empty.
  public init(of object: Value) {
    apiVersion = object["apiVersion"]?.string ?? ""
    kind = object["kind"]?.string ?? ""
    namespace = object.at("metadata", "namespace")?.string ?? ""
    name = object.at("metadata", "name")?.string ?? ""
  }

  init(_ reader: FieldReader) throws(FleetError) {
    apiVersion = try reader.text("apiVersion")
    kind = try reader.text("kind")
    namespace = try reader.text("namespace")
    name = try reader.text("name")
  }

  func write(to writer: inout FieldWriter) {
    writer.set("apiVersion", apiVersion)
    writer.set("kind", kind)
    writer.set("namespace", namespace)
    writer.set("name", name)
  }

  /// The API group; empty for core kinds.
  public var group: String {
    guard let slash = apiVersion.firstIndex(of: "/") else { return "" }
    return String(apiVersion[..<slash])
  }

  /// `deployment.apps web/nginx`: kind in lower case, first segment of the API version, namespace and name.
  public var display: String {
    let version = apiVersion.prefix { $0 != "/" }
    return "\(kind.lowercased()).\(version) \(namespace.isEmpty ? "" : namespace + "/")\(name)"
  }

  /// By API version, kind, namespace and name.
  public static func < (left: ObjectIdentity, right: ObjectIdentity) -> Bool {
    (left.apiVersion, left.kind, left.namespace, left.name) < (
      right.apiVersion, right.kind, right.namespace, right.name
    )
  }
}

/// An object that differs from what was deployed (fleet-behaviour §5.7).
public struct ModifiedStatus: Sendable, Hashable {
  /// Which object.
  public var object: ObjectIdentity
  /// The object is wanted, but not there, or not ours.
  public var missing: Bool
  /// The object is there, but belongs to somebody else.
  public var exist: Bool
  /// The object is there, but not wanted any more.
  public var delete: Bool
  /// The JSON merge patch from the live object to the wanted one.
  public var patch: String

  /// A difference.
  public init(
    _ object: ObjectIdentity, missing: Bool = false, exist: Bool = false, delete: Bool = false, patch: String = ""
  ) {
    self.object = object
    self.missing = missing
    self.exist = exist
    self.delete = delete
    self.patch = patch
  }

  init(_ reader: FieldReader) throws(FleetError) {
    object = try ObjectIdentity(reader)
    missing = try reader.flag("missing")
    exist = try reader.flag("exist")
    delete = try reader.flag("delete")
    patch = try reader.text("patch")
  }

  /// The difference as a tree.
  public var value: Value {
    var writer = FieldWriter()
    object.write(to: &writer)
    writer.set("missing", missing)
    writer.set("exist", exist)
    writer.set("delete", delete)
    writer.set("patch", patch)
    return writer.value
  }

  /// How it is said in a Ready message, such as `configmap.v1 web/cm missing`.
  public var display: String {
    if missing { return object.display + (exist ? " is not owned by us" : " missing") }
    return object.display + (delete ? " extra" : " modified \(patch)")
  }
}

/// An object that is not ready (fleet-behaviour §5.7).
public struct NonReadyStatus: Sendable, Hashable {
  /// Why an object is not ready.
  public struct Summary: Sendable, Hashable {
    /// The state in one word, such as `in-progress`.
    public var state: String
    /// Something failed.
    public var error: Bool
    /// Something is still going on.
    public var transitioning: Bool
    /// What is said about it.
    public var message: [String]

    /// A summary.
    public init(state: String = "", error: Bool = false, transitioning: Bool = false, message: [String] = []) {
      self.state = state
      self.error = error
      self.transitioning = transitioning
      self.message = message
    }

    /// How it is said in a Ready message, such as `[progressing] Available: 0/1`.
    public var display: String {
      guard error || transitioning else { return state }
      let marks = [transitioning ? "progressing" : "", error ? "error" : ""].filter { !$0.isEmpty }
      // Fleet writes `error]` without the opening bracket; that is a slip, not a form that anybody relies on.
      return "[\(marks.joined(separator: ","))]" + (message.isEmpty ? "" : " " + message.joined(separator: ", "))
    }
  }

  /// The object's uid.
  public var uid: String
  /// Which object.
  public var object: ObjectIdentity
  /// Why it is not ready.
  public var summary: Summary

  /// A report.
  public init(uid: String, _ object: ObjectIdentity, summary: Summary) {
    self.uid = uid
    self.object = object
    self.summary = summary
  }

  init(_ reader: FieldReader) throws(FleetError) {
    uid = try reader.text("uid")
    object = try ObjectIdentity(reader)
    summary = Summary()
    if let nested = try reader.object("summary") {
      summary = Summary(
        state: try nested.text("state"), error: try nested.flag("error"),
        transitioning: try nested.flag("transitioning"),
        message: try nested.strings("message"))
    }
  }

  /// The report as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("uid", uid)
    object.write(to: &writer)
    var nested = FieldWriter()
    nested.set("state", summary.state)
    nested.set("error", summary.error)
    nested.set("transitioning", summary.transitioning)
    nested.set("message", summary.message)
    writer.setObject("summary", nested.value)
    return writer.value
  }

  /// How it is said in a Ready message, such as `deployment.apps web/nginx [progressing] Available: 0/1`.
  public var display: String { "\(object.display) \(summary.display)" }
}

/// A deployed object.
public struct DeployedResource: Sendable, Hashable {
  /// Which object.
  public var object: ObjectIdentity
  /// When it was made, as RFC 3339; empty when unknown.
  public var createdAt: String

  /// A deployed object.
  public init(_ object: ObjectIdentity, createdAt: String = "") {
    self.object = object
    self.createdAt = createdAt
  }

  init(_ reader: FieldReader) throws(FleetError) {
    object = try ObjectIdentity(reader)
    createdAt = try reader.text("createdAt")
  }

  /// The object as a tree.
  public var value: Value {
    var writer = FieldWriter()
    object.write(to: &writer)
    writer.set("createdAt", createdAt)
    return writer.value
  }
}
