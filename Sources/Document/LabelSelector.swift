/// A Kubernetes label selector: every label and every expression must match, and an empty selector matches everything.
public struct LabelSelector: Sendable, Hashable {
  /// How an expression compares the label with its values.
  public enum Operator: String, Sendable, Hashable {
    /// The label is there and has one of the values.
    case `in` = "In"
    /// The label is absent or has none of the values.
    case notIn = "NotIn"
    /// The label is there.
    case exists = "Exists"
    /// The label is absent.
    case doesNotExist = "DoesNotExist"
    /// The label is an integer above the one value (text form only: `key>1`).
    case greaterThan = "Gt"
    /// The label is an integer below the one value (text form only: `key<1`).
    case lessThan = "Lt"
  }

  /// One expression on one label.
  public struct Requirement: Sendable, Hashable {
    /// The label's key.
    public let key: String
    /// The comparison.
    public let `operator`: Operator
    /// The values, sorted and unique; empty for `exists` and `doesNotExist`.
    public let values: [String]

    /// - Throws: `.invalid` when the key or a value is no label's, or their number does not suit the operator.
    public init(key: String, operator: Operator, values: [String] = []) throws(DocumentError) {
      try LabelSyntax.check(key: key)
      switch `operator` {
      case .in, .notIn:
        if values.isEmpty {
          throw DocumentError(.invalid, "label selector: \(key) \(`operator`.rawValue) needs values")
        }
        for value in values { try LabelSyntax.check(value: value, of: key) }
      case .exists, .doesNotExist:
        if !values.isEmpty {
          throw DocumentError(.invalid, "label selector: \(key) \(`operator`.rawValue) takes no values")
        }
      case .greaterThan, .lessThan:
        guard values.count == 1, Int64(values[0]) != nil else {
          throw DocumentError(.invalid, "label selector: \(key) is compared with one integer, not with \(values)")
        }
      }
      self.key = key
      self.operator = `operator`
      self.values = Set(values).sorted(by: ByteOrder.precedes)
    }

    /// Whether the labels satisfy this expression.
    public func matches(_ labels: [String: String]) -> Bool {
      let label = labels[key]
      switch `operator` {
      case .in: return label.map(values.contains) ?? false
      case .notIn: return !(label.map(values.contains) ?? false)
      case .exists: return label != nil
      case .doesNotExist: return label == nil
      case .greaterThan, .lessThan:
        guard let number = label.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
          return false
        }
        return `operator` == .greaterThan ? number > bound : number < bound
      }
    }
  }

  /// Labels that must have these very values.
  public private(set) var matchLabels: [String: String]
  /// Expressions that must hold.
  public private(set) var matchExpressions: [Requirement]

  /// A selector that matches everything.
  public init() {
    matchLabels = [:]
    matchExpressions = []
  }

  /// - Throws: `.invalid` when a key or a value is no label's.
  public init(matchLabels: [String: String], matchExpressions: [Requirement] = []) throws(DocumentError) {
    for (key, value) in matchLabels {
      try LabelSyntax.check(key: key)
      try LabelSyntax.check(value: value, of: key)
    }
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// Reads the API's form, `{matchLabels: {...}, matchExpressions: [{key, operator, values}]}`; null and `{}` match everything.
  ///
  /// - Throws: `.invalid` naming the part; a misspelt member is refused, since a selector without it would match more.
  public init(_ value: Value) throws(DocumentError) {
    self.init()
    guard !value.isNull else { return }
    guard case .object(let members) = value else {
      throw DocumentError(.invalid, "label selector: expected an object, found \(value.typeName)")
    }
    for key in members.keys where key != "matchLabels" && key != "matchExpressions" {
      throw DocumentError(
        .invalid, "label selector: unknown field \"\(key)\"; known are matchLabels and matchExpressions")
    }
    var labels = [String: String]()
    if let value = members["matchLabels"], !value.isNull {
      guard let strings = value.stringMap else {
        throw DocumentError(
          .invalid, "label selector: matchLabels must map strings to strings (quote numbers and booleans)")
      }
      labels = strings
    }
    var expressions = [Requirement]()
    if let value = members["matchExpressions"], !value.isNull {
      guard case .array(let elements) = value else {
        throw DocumentError(.invalid, "label selector: matchExpressions must be a list, not \(value.typeName)")
      }
      for element in elements { expressions.append(try Self.requirement(element)) }
    }
    try self.init(matchLabels: labels, matchExpressions: expressions)
  }

  private static func requirement(_ element: Value) throws(DocumentError) -> Requirement {
    guard let key = element["key"]?.string, let name = element["operator"]?.string else {
      throw DocumentError(.invalid, "label selector: an expression needs \"key\" and \"operator\"")
    }
    guard let comparison = Operator(rawValue: name), comparison != .greaterThan, comparison != .lessThan else {
      throw DocumentError(
        .invalid, "label selector: \"\(name)\" is no operator; it must be In, NotIn, Exists or DoesNotExist")
    }
    let list = element["values"] ?? []
    guard let values = list.isNull ? [] : list.array, values.allSatisfy({ $0.string != nil }) else {
      throw DocumentError(.invalid, "label selector: the values of \(key) must be a list of strings")
    }
    return try Requirement(key: key, operator: comparison, values: values.compactMap(\.string))
  }

  /// Whether this selector has no condition at all.
  public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

  /// Whether the labels satisfy every condition.
  public func matches(_ labels: [String: String]) -> Bool {
    matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.matches(labels) }
  }

  /// The API's form; `{}` for a selector that matches everything.
  public var value: Value {
    var value: Value = [:]
    if !matchLabels.isEmpty { value["matchLabels"] = Value(matchLabels) }
    if !matchExpressions.isEmpty {
      value["matchExpressions"] = .array(
        matchExpressions.map { requirement in
          var element: Value = ["key": .string(requirement.key), "operator": .string(requirement.operator.rawValue)]
          if !requirement.values.isEmpty { element["values"] = Value(requirement.values) }
          return element
        })
    }
    return value
  }
}

extension LabelSelector: CustomStringConvertible {
  /// The text form that kubectl's `-l` takes, conditions sorted, so that equal selectors have equal texts.
  public var description: String {
    let labels = matchLabels.map { "\($0.key)=\($0.value)" }
    let expressions = matchExpressions.map { requirement in
      let key = requirement.key
      let list = requirement.values.joined(separator: ",")
      let single = requirement.values.count == 1
      return switch requirement.operator {
      case .in: single ? "\(key)=\(list)" : "\(key) in (\(list))"
      case .notIn: single ? "\(key)!=\(list)" : "\(key) notin (\(list))"
      case .exists: key
      case .doesNotExist: "!\(key)"
      case .greaterThan: "\(key)>\(list)"
      case .lessThan: "\(key)<\(list)"
      }
    }
    return Set(labels + expressions).sorted(by: ByteOrder.precedes).joined(separator: ",")
  }
}
