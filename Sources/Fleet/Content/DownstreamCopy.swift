import Document

/// A Secret or ConfigMap of the bundle's namespace as agents are sent it, to be copied beside what the bundle deploys
/// (`downstreamResources`, fleet-behaviour §5.1, 5).
public struct DownstreamCopy: Sendable, Hashable {
  /// `Secret` or `ConfigMap`.
  public let kind: String
  /// The object's name, here and there.
  public let name: String
  private let content: Value

  /// What is copied of an object: labels, annotations, type, data and whether it is immutable.
  ///
  /// - Throws: ``FleetError`` with code `invalidDocument` when it is neither a Secret nor a ConfigMap.
  public init(of object: Value) throws(FleetError) {
    let name = object.at("metadata", "name")?.string ?? ""
    guard let kind = object["kind"]?.string, ["Secret", "ConfigMap"].contains(kind), !name.isEmpty else {
      throw FleetError(.invalidDocument, "a copied object must be a Secret or a ConfigMap with a name")
    }
    self.kind = kind
    self.name = name
    var content: Value = [:]
    for key in ["type", "data", "binaryData", "immutable"] {
      if let part = object[key], !part.isNull { content[key] = part }
    }
    var annotations = object.at("metadata", "annotations")?.stringMap ?? [:]
    annotations[Self.lastApplied] = nil
    let labels = object.at("metadata", "labels")?.stringMap ?? [:]
    if !labels.isEmpty { content.set(Value(labels), at: "metadata", "labels") }
    if !annotations.isEmpty { content.set(Value(annotations), at: "metadata", "annotations") }
    self.content = content
  }

  init(_ reader: FieldReader) throws(FleetError) {
    try self.init(of: Value.object(reader.fields))
  }

  /// kubectl's own note of an object, which repeats its data.
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// The object as agents are sent it.
  public var value: Value {
    var value = content
    value["apiVersion"] = "v1"
    value["kind"] = .string(kind)
    value.set(.string(name), at: "metadata", "name")
    return value
  }

  /// The object that belongs on a cluster.
  ///
  /// - Parameters:
  ///   - namespace: where it goes.
  ///   - bundle: the bundle that brings it. Several may bring the same object; each has a label of its own.
  public func object(in namespace: String, bundle: String) -> Value {
    var object = value
    object.set(.string(namespace), at: "metadata", "namespace")
    object.set(.string(Names.labelValue(bundle)), at: "metadata", "labels", Self.ownerLabel)
    object.set("true", at: "metadata", "labels", Self.label(ofBundle: bundle))
    return object
  }

  /// Fleet's label of copies: the bundle that copied last.
  public static let ownerLabel = "fleet.cattle.io/bundledeployment"

  /// The label that says that a bundle needs a copy.
  public static func label(ofBundle bundle: String) -> String {
    labelPrefix + Names.labelValue(bundle)
  }

  /// What the labels of ``label(ofBundle:)`` begin with.
  public static let labelPrefix = "bundledeployment.flotilla.io/"

  /// A hash over copies, the same for the same content in the same order; empty for none.
  public static func hash(of copies: [DownstreamCopy]) -> String {
    copies.isEmpty ? "" : Digests.sha256Hex(JSON.encode(.array(copies.map(\.value))))
  }
}
