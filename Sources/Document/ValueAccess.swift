extension Value {
  /// The member `key` of an object; nil when it is absent or this is no object.
  ///
  /// Setting adds or replaces the member, and nil removes it. A null becomes an object on the way; setting on any other
  /// type replaces that value by an object, so check the type first where it matters. In `condition ? nil : value` the compiler
  /// takes `nil` for the literal of `.null`: write `Value?.none` there to remove.
  public subscript(key: String) -> Value? {
    get {
      guard case .object(let members) = self else { return nil }
      return members[key]
    }
    set {
      guard case .object(var members) = self else {
        if let newValue { self = .object([key: newValue]) }
        return
      }
      // Drops this copy's reference, so that the dictionary below is unique and is changed in place.
      self = .null
      members[key] = newValue
      self = .object(members)
    }
  }

  /// The element at `index` of an array; nil when it is out of range or this is no array.
  public subscript(index: Int) -> Value? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The member reached by following `path` through nested objects; nil when any step is absent.
  public func at(_ path: String...) -> Value? { at(path[...]) }

  /// As `at("a", "b")`, for a path that is known only at run time.
  public func at(_ path: some Collection<String>) -> Value? {
    var current = self
    for key in path {
      guard let next = current[key] else { return nil }
      current = next
    }
    return current
  }

  /// Sets, or with nil removes, the member reached by following `path`, making objects on the way where there is nothing.
  ///
  /// Removing never makes objects. An empty path replaces the whole value (nil becomes `.null`).
  public mutating func set(_ new: Value?, at path: String...) { set(new, at: path[...]) }

  /// As `set(_:at: "a", "b")`, for a path that is known only at run time.
  public mutating func set(_ new: Value?, at path: some Collection<String>) {
    guard let key = path.first else {
      self = new ?? .null
      return
    }
    let rest = path.dropFirst()
    guard !rest.isEmpty else {
      self[key] = new
      return
    }
    guard var child = self[key] ?? (new == nil ? Value?.none : .null) else { return }
    // Drops the member's second reference, so that a deep change copies nothing.
    self[key] = .null
    child.set(new, at: rest)
    self[key] = child
  }
}

extension Value {
  /// The text, if this is a string.
  public var string: String? {
    guard case .string(let string) = self else { return nil }
    return string
  }

  /// The number, if this is an integer that fits `Int`.
  public var int: Int? { integer.flatMap { Int(exactly: $0) } }

  /// The number, if this is an integer.
  public var integer: Int64? {
    guard case .integer(let integer) = self else { return nil }
    return integer
  }

  /// The number, if this is any number; an integer beyond 2^53 is rounded.
  public var double: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let double): double
    default: nil
    }
  }

  /// The truth value, if this is a boolean.
  public var bool: Bool? {
    guard case .bool(let bool) = self else { return nil }
    return bool
  }

  /// The elements, if this is an array.
  public var array: [Value]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The members, if this is an object.
  public var object: [String: Value]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// Whether this is null. A member that is absent is nil, which is something else.
  public var isNull: Bool { self == .null }

  /// The members as strings, if this is an object whose values all are strings (labels, annotations, a ConfigMap's data).
  public var stringMap: [String: String]? {
    guard case .object(let members) = self else { return nil }
    var strings = [String: String](minimumCapacity: members.count)
    for (key, value) in members {
      guard case .string(let string) = value else { return nil }
      strings[key] = string
    }
    return strings
  }
}
