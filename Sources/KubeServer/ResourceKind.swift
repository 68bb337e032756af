import Document

/// Everything the API server has to know of one kind in order to serve it.
public struct ResourceKind: Sendable {
  /// What object names may look like.
  public enum NameRule: Sendable {
    /// A DNS-1123 subdomain of at most 253 characters: the usual rule.
    case subdomain
    /// A DNS-1123 label of at most 63 characters: namespaces.
    case label
  }

  /// Checks what a schema cannot say. `old` is nil on create. Called after pruning, defaulting and schema validation.
  public typealias Validator = @Sendable (_ object: Value, _ old: Value?) -> [FieldError]
  /// Changes an object before it is validated: computed defaults, conversions. `old` is nil on create.
  public typealias Mutator = @Sendable (_ object: inout Value, _ old: Value?) -> Void

  /// API group, `""` for core.
  public var group: String
  /// API version, such as `v1alpha1`.
  public var version: String
  /// Kind in CamelCase.
  public var kind: String
  /// Plural in lower case: the path segment.
  public var plural: String
  /// Singular in lower case.
  public var singular: String
  /// Abbreviations that kubectl understands.
  public var shortNames: [String]
  /// Groupings such as `all`.
  public var categories: [String]
  /// Whether objects live in namespaces.
  public var namespaced: Bool
  /// OpenAPI v3 structural schema of the whole object; `apiVersion`, `kind` and `metadata` are added by the server.
  public var schema: Value
  /// Columns after NAME. If empty, AGE alone is shown, as for a custom resource.
  public var columns: [PrinterColumn]
  /// Whether `status` is a subresource: written through `/status` only.
  public var hasStatus: Bool
  /// Whether `metadata.generation` counts changes of anything but metadata (and status, if it is a subresource).
  public var tracksGeneration: Bool
  /// What names may look like.
  public var nameRule: NameRule
  /// Fields that a field selector may name beside `metadata.name` and `metadata.namespace`, such as `type`.
  public var selectableFields: [String]
  /// Whether the table begins with NAME; false for Event, whose name nobody reads.
  public var leadsWithName: Bool
  /// Whether strategic merge patch is offered in the OpenAPI document. It is always accepted.
  public var offersStrategicMerge: Bool
  /// Further views of an object, read at paths below it.
  public var views: [ResourceView]
  /// See ``Mutator``.
  public var mutate: Mutator?
  /// See ``Validator``.
  public var validate: Validator?

  /// `group/version`, or the version alone for core.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  /// The kind of a list of these.
  public var listKind: String { kind + "List" }
  /// `gitrepos.fleet.cattle.io`, or the plural alone for core: how errors name the resource.
  public var groupResource: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// Describes a kind. `plural` and `singular` default to the lower-case kind with and without an `s`.
  public init(
    group: String, version: String, kind: String, plural: String? = nil, singular: String? = nil,
    shortNames: [String] = [], categories: [String] = [], namespaced: Bool = true, schema: Value,
    columns: [PrinterColumn] = [], hasStatus: Bool = true, tracksGeneration: Bool = true,
    nameRule: NameRule = .subdomain, selectableFields: [String] = [], leadsWithName: Bool = true,
    offersStrategicMerge: Bool = false, views: [ResourceView] = [], mutate: Mutator? = nil, validate: Validator? = nil
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural ?? kind.lowercased() + "s"
    self.singular = singular ?? kind.lowercased()
    self.shortNames = shortNames
    self.categories = categories
    self.namespaced = namespaced
    self.schema = schema
    self.columns = columns
    self.hasStatus = hasStatus
    self.tracksGeneration = tracksGeneration
    self.nameRule = nameRule
    self.selectableFields = selectableFields
    self.leadsWithName = leadsWithName
    self.offersStrategicMerge = offersStrategicMerge
    self.views = views
    self.mutate = mutate
    self.validate = validate
  }
}
