import Document

/// A typed view of one kind of `fleet.cattle.io/v1alpha1`: what a human writes is typed, the status stays a tree, because
/// its fields are written by those who compute them (see ``BundleCounter`` and its siblings).
public protocol FleetResource: Sendable, Hashable {
  /// The type of `spec`.
  associatedtype Spec: FleetSpec
  /// The kind's name, such as `GitRepo`.
  static var kind: String { get }
  /// The object's metadata.
  var metadata: ObjectMeta { get set }
  /// What is wanted.
  var spec: Spec { get set }
  /// What is; null while nobody has said.
  var status: Value { get set }
  /// A new object.
  init(metadata: ObjectMeta, spec: Spec, status: Value)
}

/// The typed `spec` of a kind.
public protocol FleetSpec: Sendable, Hashable {
  /// A spec with every field at its default.
  init()
  /// Reads a spec; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  init(_ value: Value?) throws(FleetError)
  /// The spec as a tree, without empty fields.
  var value: Value { get }
}

/// The API group and version of every kind here.
public let fleetAPIVersion = "fleet.cattle.io/v1alpha1"

extension FleetResource {
  /// Reads an object. `apiVersion` and `kind` are checked where they are given.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` or `invalidDocument`.
  public init(_ object: Value) throws(FleetError) {
    let reader = try FieldReader(object)
    if let kind = try reader.string("kind"), kind != Self.kind {
      throw FleetError(.invalidDocument, "expected a \(Self.kind), but this is a \(kind)", key: "kind")
    }
    if let version = try reader.string("apiVersion"), version != fleetAPIVersion {
      throw FleetError(.invalidDocument, "expected \(fleetAPIVersion), but this is \(version)", key: "apiVersion")
    }
    self.init(
      metadata: try ObjectMeta(reader.value("metadata")), spec: try Spec(reader.value("spec")),
      status: reader.value("status") ?? .null)
  }

  /// The whole object as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("apiVersion", fleetAPIVersion)
    writer.set("kind", Self.kind)
    writer.set("metadata", metadata.value)
    writer.setObject("spec", spec.value)
    writer.setObject("status", status)
    return writer.value
  }

  /// The conditions in `status`; unreadable ones are left out.
  public var conditions: Conditions { Conditions(status["conditions"]) }
}
