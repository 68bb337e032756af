import Document

/// The metadata of a Kubernetes object. Fields that Flotilla does not use are kept as they are.
public struct ObjectMeta: Sendable, Hashable {
  /// The object's name, unique in its namespace for its kind.
  public var name: String
  /// The object's namespace; empty for cluster-scoped kinds.
  public var namespace: String
  /// The identity that the API server gave.
  public var uid: String
  /// The version of the stored object; empty before it is stored.
  public var resourceVersion: String
  /// Counts changes of `spec`; 0 before the object is stored.
  public var generation: Int64
  /// When the object was made; nil before it is stored or when it cannot be read.
  public var creationTimestamp: Timestamp?
  /// When somebody asked for the object's deletion.
  public var deletionTimestamp: Timestamp?
  /// The object's labels.
  public var labels: [String: String]
  /// The object's annotations.
  public var annotations: [String: String]
  /// Who holds the object back from deletion.
  public var finalizers: [String]
  /// All other fields, such as `ownerReferences` and `managedFields`.
  public var other: [String: Value]

  /// Metadata of a new object.
  public init(
    name: String, namespace: String = "", labels: [String: String] = [:], annotations: [String: String] = [:]
  ) {
    self.name = name
    self.namespace = namespace
    uid = ""
    resourceVersion = ""
    generation = 0
    self.labels = labels
    self.annotations = annotations
    finalizers = []
    other = [:]
  }

  /// Reads `metadata`; absent and null fields are empty.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "metadata")
    name = try reader.text("name")
    namespace = try reader.text("namespace")
    uid = try reader.text("uid")
    resourceVersion = try reader.text("resourceVersion")
    generation = try reader.integer("generation") ?? 0
    creationTimestamp = try reader.string("creationTimestamp").flatMap { Timestamp($0) }
    deletionTimestamp = try reader.string("deletionTimestamp").flatMap { Timestamp($0) }
    labels = try reader.stringMap("labels") ?? [:]
    annotations = try reader.stringMap("annotations") ?? [:]
    finalizers = try reader.strings("finalizers")
    let known: Set = [
      "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "labels",
      "annotations", "finalizers",
    ]
    other = reader.fields.filter { !known.contains($0.key) && !$0.value.isNull }
  }

  /// The metadata as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    for (key, value) in other { writer.set(key, value) }
    writer.set("name", name)
    writer.set("namespace", namespace)
    writer.set("uid", uid)
    writer.set("resourceVersion", resourceVersion)
    writer.set("generation", generation)
    writer.set("creationTimestamp", creationTimestamp.map { .string($0.description) })
    writer.set("deletionTimestamp", deletionTimestamp.map { .string($0.description) })
    writer.set("labels", labels)
    writer.set("annotations", annotations)
    writer.set("finalizers", finalizers)
    return writer.value
  }

  /// `namespace/name`, or the name alone where there is no namespace.
  public var key: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

  /// Whether the object is on its way out.
  public var isDeleting: Bool { deletionTimestamp != nil }
}
