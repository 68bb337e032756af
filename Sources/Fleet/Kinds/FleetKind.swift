import Document

/// A column of a kind's table.
public struct PrinterColumn: Sendable, Hashable {
  /// The column's heading.
  public let name: String
  /// The OpenAPI type of the cells: `string`, `integer`, `boolean`, `date`.
  public let type: String
  /// What the column shows.
  public let description: String
  /// Where the cell's value stands in the object.
  public let jsonPath: String
  /// 0 for columns that are always shown, 1 for `-o wide`.
  public let priority: Int

  init(_ name: String, _ jsonPath: String, _ description: String, type: String = "string", priority: Int = 0) {
    self.name = name
    self.type = type
    self.description = description
    self.jsonPath = jsonPath
    self.priority = priority
  }
}

/// A field whose value is not allowed, for the API server to refuse.
public struct FieldProblem: Sendable, Hashable {
  /// The field's path, such as `spec.pollingInterval`.
  public let field: String
  /// The value that stands there.
  public let value: Value
  /// What is wrong and what would be right.
  public let message: String
}

/// What the API needs to know to serve one kind of `fleet.cattle.io/v1alpha1` (fleet-behaviour §1).
public struct FleetKind: Sendable {
  /// The API group of all kinds here.
  public static let group = "fleet.cattle.io"
  /// The version of all kinds here.
  public static let version = "v1alpha1"

  /// The kind's name, such as `GitRepo`.
  public let kind: String
  /// The name in URLs and for kubectl, such as `gitrepos`.
  public let plural: String
  /// The singular name for kubectl, such as `gitrepo`.
  public var singular: String { kind.lowercased() }
  /// Whether objects live in namespaces.
  public let namespaced: Bool
  /// The groups of kinds that it belongs to, such as `fleet`.
  public let categories: [String]
  /// The columns of tables, after NAME.
  public let columns: [PrinterColumn]
  /// The OpenAPI v3 structural schema of the whole object.
  public let schema: Value
  /// Whether `status` is written apart from the rest.
  public let hasStatus: Bool
  /// What the schema cannot say: problems of an object that is about to be stored; the second value is the stored one.
  public let validate: @Sendable (Value, Value?) -> [FieldProblem]

  init(
    _ kind: String, plural: String? = nil, namespaced: Bool = true, categories: [String] = [],
    columns: [PrinterColumn] = [], schema: Value, hasStatus: Bool = true,
    validate: @escaping @Sendable (Value, Value?) -> [FieldProblem] = { _, _ in [] }
  ) {
    self.kind = kind
    self.plural = plural ?? kind.lowercased() + "s"
    self.namespaced = namespaced
    self.categories = categories
    self.columns = columns
    self.schema = schema
    self.hasStatus = hasStatus
    self.validate = validate
  }

  /// The kinds that this version serves, because it does what they say.
  public static let served: [FleetKind] = [
    .gitRepo, .bundle, .bundleDeployment, .cluster, .clusterGroup, .clusterRegistration, .clusterRegistrationToken,
    .content, .bundleNamespaceMapping,
  ]

  /// All kinds of the group, also those that this version only knows the form of.
  public static let all: [FleetKind] =
    served + [.gitRepoRestriction, .policy, .helmOp, .imageScan, .schedule]

  /// The column that shows the Ready condition's message.
  static let statusColumn = PrinterColumn(
    "Status", #".status.conditions[?(@.type=="Ready")].message"#, "What is not ready, and why; empty when all is well.")
}

/// Checks that schemas cannot express.
enum FieldChecks {
  /// Problems of duration fields (fleet-behaviour §1.1).
  static func durations(_ paths: [String]...) -> @Sendable (Value, Value?) -> [FieldProblem] {
    { object, _ in
      paths.compactMap { path -> FieldProblem? in
        guard let value = object.at(path), let text = value.string else { return nil }
        do throws(FleetError) {
          _ = try GoDuration.parse(text)
          return nil
        } catch {
          return FieldProblem(field: path.joined(separator: "."), value: value, message: error.message)
        }
      }
    }
  }

  /// Problems of selectors, which have the right form but cannot be meant, such as `In` without values.
  static func selectors(in lists: [[String]], fields: [String]) -> @Sendable (Value, Value?) -> [FieldProblem] {
    { object, _ in
      var problems: [FieldProblem] = []
      for list in lists {
        for (index, entry) in (object.at(list)?.array ?? []).enumerated() {
          for field in fields {
            let path = "\(list.joined(separator: "."))[\(index)].\(field)"
            problems += selector(entry[field], path: path)
          }
        }
      }
      return problems
    }
  }

  static func selector(_ value: Value?, path: String) -> [FieldProblem] {
    guard let value, !value.isNull else { return [] }
    do throws(FleetError) {
      _ = try SelectorSpec(value)
      return []
    } catch {
      return [FieldProblem(field: path, value: value, message: error.message)]
    }
  }

  static func all(
    _ checks: (@Sendable (Value, Value?) -> [FieldProblem])...
  ) -> @Sendable (Value, Value?) -> [FieldProblem] {
    { object, old in checks.flatMap { $0(object, old) } }
  }

  /// The fields of target criteria that are selectors.
  static let targetSelectors = ["clusterSelector", "clusterGroupSelector"]
}
