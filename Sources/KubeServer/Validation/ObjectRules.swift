import Document

/// The rules by which an object of one kind may be written: identity, pruning, defaults, validation, generation, managed
/// fields. Pure: the caller reads and writes the storage. Controllers that write in process use it as the HTTP verbs do.
public struct ObjectRules: Sendable {
  /// Which part of an object a write may change.
  public enum Part: Sendable {
    /// Everything but `status`, if that is a subresource.
    case main
    /// `status` alone.
    case status
  }

  /// An object that may be stored as it is.
  public struct Admitted: Sendable {
    /// The object.
    public var object: Value
    /// What the client should be told, such as `unknown field "spec.foo"`.
    public var warnings: [String]
  }

  /// The kind these are the rules of.
  public let kind: ResourceKind
  let schema: SchemaNode

  /// Compiles the kind's schema; throws `internalError` if that is malformed.
  public init(_ kind: ResourceKind) throws {
    self.kind = kind
    self.schema = try SchemaNode.compile(root: kind.schema)
  }

  /// The object to store for a create. `namespace` is the path's; nil for cluster-scoped kinds.
  public func create(_ object: Value, namespace: String?, context: WriteContext) throws -> Admitted {
    var admitted = try decode(object, context: context)
    if let version = admitted.object.at("metadata", "resourceVersion")?.string, !version.isEmpty {
      throw KubeError.badRequest("resourceVersion should not be set on objects to be created")
    }
    try settleIdentity(&admitted.object, namespace: namespace, name: nil)
    if (admitted.object.at("metadata", "name")?.string ?? "").isEmpty,
      let prefix = admitted.object.at("metadata", "generateName")?.string, !prefix.isEmpty
    {
      let name = String(prefix.prefix(kind.nameRule == .label ? 58 : 248)) + context.nameSuffix
      admitted.object.set(.string(name), at: "metadata", "name")
    }
    for key in Self.serverOwned + ["managedFields"] { admitted.object.set(nil, at: "metadata", key) }
    if kind.hasStatus { admitted.object["status"] = nil }
    admitted.object = Defaulting.apply(schema, to: admitted.object)
    kind.mutate?(&admitted.object, nil)
    admitted.object.set(.string(context.uid), at: "metadata", "uid")
    admitted.object.set(.string(Timestamp(seconds: context.now).description), at: "metadata", "creationTimestamp")
    if kind.tracksGeneration { admitted.object.set(1, at: "metadata", "generation") }
    try validate(admitted.object, old: nil)
    return admitted
  }

  /// The object to store for an update of `old`, or `old` itself if nothing changes. Checks identity and immutable
  /// metadata, not the resource version, which is the storage's.
  public func update(_ object: Value, old: Value, part: Part = .main, context: WriteContext) throws -> Admitted {
    var admitted = try decode(object, context: context)
    try settleIdentity(
      &admitted.object, namespace: old.at("metadata", "namespace")?.string, name: old.at("metadata", "name")?.string)
    if let uid = admitted.object.at("metadata", "uid")?.string, !uid.isEmpty,
      let current = old.at("metadata", "uid")?.string, uid != current
    {
      throw KubeError.conflict(
        kind, name: name(old), "Precondition failed: UID in precondition: \(uid), UID in object meta: \(current)")
    }
    switch part {
    case .main:
      if kind.hasStatus { admitted.object["status"] = old["status"] }
      for key in Self.serverOwned { admitted.object.set(old.at("metadata", key), at: "metadata", key) }
    case .status:
      let status = admitted.object["status"]
      admitted.object = old
      admitted.object["status"] = status
    }
    admitted.object = Defaulting.apply(schema, to: admitted.object)
    if part == .main { kind.mutate?(&admitted.object, old) }
    if kind.tracksGeneration {
      let generation = old.at("metadata", "generation")?.integer ?? 1
      let changed = !sameContent(admitted.object, old)
      admitted.object.set(.integer(changed ? generation + 1 : generation), at: "metadata", "generation")
    }
    try validate(admitted.object, old: old)
    return admitted
  }

  /// Whether two states differ in nothing but revision and managed fields, so that a write can be spared.
  public func isUnchanged(_ new: Value, _ old: Value) -> Bool {
    var new = new
    var old = old
    for key in ["managedFields", "resourceVersion"] {
      new.set(nil, at: "metadata", key)
      old.set(nil, at: "metadata", key)
    }
    return new == old
  }

  // MARK: - Steps

  private static let serverOwned = [
    "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink",
  ]

  private func name(_ object: Value) -> String { object.at("metadata", "name")?.string ?? "" }

  private func sameContent(_ new: Value, _ old: Value) -> Bool {
    var new = new
    var old = old
    new["metadata"] = nil
    old["metadata"] = nil
    if kind.hasStatus {
      new["status"] = nil
      old["status"] = nil
    }
    return new == old
  }

  /// Checks `apiVersion` and `kind`, and prunes what the schema does not know.
  func decode(_ object: Value, context: WriteContext) throws -> Admitted {
    guard var fields = object.object else {
      throw KubeError.badRequest("the body is no object; send one \(kind.kind) as JSON or YAML")
    }
    for (key, expected) in [("apiVersion", kind.apiVersion), ("kind", kind.kind)] {
      guard let given = fields[key]?.string, !given.isEmpty else {
        fields[key] = .string(expected)
        continue
      }
      guard given == expected else {
        throw KubeError.badRequest(
          "the API version in the data (\(fields["apiVersion"]?.string ?? ""), Kind=\(fields["kind"]?.string ?? "")) does "
            + "not match the expected API version (\(kind.apiVersion), Kind=\(kind.kind))")
      }
    }
    if let metadata = fields["metadata"], metadata.object == nil, !metadata.isNull {
      throw KubeError.badRequest("metadata must be an object, not \(JSON.string(metadata).prefix(64))")
    }
    var pruning = Pruning()
    var pruned = pruning.prune(.object(fields), schema)
    // Empty metadata and absent metadata are the same, as they are after a round trip through ObjectMeta.
    for (key, value) in pruned["metadata"]?.object ?? [:] where value == [:] || value == [] || value == "" {
      pruned.set(nil, at: "metadata", key)
    }
    let problems =
      context.duplicates.map { "duplicate field \"\($0)\"" } + pruning.unknown.map { "unknown field \"\($0)\"" }
    if context.fieldValidation == .strict, !problems.isEmpty {
      throw KubeError.badRequest(
        "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): strict decoding error: "
          + problems.prefix(Limits.reportedFields).joined(separator: ", "))
    }
    let warnings = context.fieldValidation == .warn ? Array(problems.prefix(Limits.reportedFields)) : []
    return Admitted(object: pruned, warnings: warnings)
  }

  /// Settles namespace and name by the path; `badRequest` where the object says otherwise.
  func settleIdentity(_ object: inout Value, namespace: String?, name: String?) throws {
    let given = object.at("metadata", "namespace")?.string ?? ""
    if let namespace {
      guard given.isEmpty || given == namespace else {
        throw KubeError.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request")
      }
      object.set(.string(namespace), at: "metadata", "namespace")
    } else if !kind.namespaced {
      object.set(nil, at: "metadata", "namespace")
    }
    guard let name else { return }
    let own = object.at("metadata", "name")?.string ?? ""
    guard own.isEmpty || own == name else {
      throw KubeError.badRequest("the name of the object (\(own)) does not match the name on the URL (\(name))")
    }
    object.set(.string(name), at: "metadata", "name")
  }

  private func validate(_ object: Value, old: Value?) throws {
    var errors = MetadataValidation.errors(in: object, kind: kind)
    if let old { errors += MetadataValidation.errors(from: old, to: object) }
    errors += SchemaValidator.errors(in: object, schema).filter { error in !errors.contains(error) }
    if errors.isEmpty { errors += kind.validate?(object, old) ?? [] }
    guard errors.isEmpty else { throw KubeError.invalid(kind, name: name(object), errors) }
  }
}
