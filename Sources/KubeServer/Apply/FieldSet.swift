import Document

/// One step from a value into its parts, as structured-merge-diff has them.
enum PathElement: Hashable, Sendable {
  /// A member of an object.
  case field(String)
  /// The item of a `map` list with these key fields.
  case key([String: Value])
  /// The item of a `set` list with this value.
  case value(Value)
  /// The item of a list at a position; only read, from entries that others wrote.
  case index(Int)

  /// `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
  var encoded: String {
    switch self {
    case .field(let name): "f:\(name)"
    case .key(let keys): "k:\(JSON.string(.object(keys)))"
    case .value(let value): "v:\(JSON.string(value))"
    case .index(let index): "i:\(index)"
    }
  }

  /// Parses the encoded form; nil if it is none.
  init?(encoded text: String) {
    let content = String(text.dropFirst(2))
    switch text.prefix(2) {
    case "f:": self = .field(content)
    case "k:":
      guard let keys = (try? JSON.parse(content))?.object else { return nil }
      self = .key(keys)
    case "v:":
      guard let value = try? JSON.parse(content) else { return nil }
      self = .value(value)
    case "i:":
      guard let index = Int(content) else { return nil }
      self = .index(index)
    default: return nil
    }
  }

  /// As an error names it: `.name`, `[name="x"]`, `[="x"]`, `[0]`.
  var displayed: String {
    switch self {
    case .field(let name): ".\(name)"
    case .key(let keys):
      "[" + keys.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSON.string($0.value))" }.joined(separator: ",") + "]"
    case .value(let value): "[=\(JSON.string(value))]"
    case .index(let index): "[\(index)]"
    }
  }
}

/// A set of paths into an object: what one manager owns, or what a change touched.
struct FieldSet: Hashable, Sendable {
  /// Paths that end here.
  var members: Set<PathElement> = []
  /// Paths that go on; no empty sets.
  var children: [PathElement: FieldSet] = [:]

  var isEmpty: Bool { members.isEmpty && children.isEmpty }

  /// Whether the element itself, or anything below it, is in the set.
  func touches(_ element: PathElement) -> Bool { members.contains(element) || children[element] != nil }

  /// Puts a set below an element; an empty one leaves nothing there.
  mutating func put(_ set: FieldSet, below element: PathElement) { children[element] = set.isEmpty ? nil : set }

  func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.members.formUnion(other.members)
    result.children.merge(other.children) { $0.union($1) }
    return result
  }

  func subtracting(_ other: FieldSet) -> FieldSet {
    var result = FieldSet(members: members.subtracting(other.members))
    for (element, below) in children {
      result.put(other.children[element].map(below.subtracting) ?? below, below: element)
    }
    return result
  }

  func intersection(_ other: FieldSet) -> FieldSet {
    var result = FieldSet(members: members.intersection(other.members))
    for (element, below) in children {
      if let otherBelow = other.children[element] { result.put(below.intersection(otherBelow), below: element) }
    }
    return result
  }

  /// Every path, as errors name it, sorted.
  var displayedPaths: [String] {
    var paths = members.map(\.displayed)
    for (element, below) in children { paths += below.displayedPaths.map { element.displayed + $0 } }
    return paths.sorted()
  }

  // MARK: - fieldsV1

  /// The `fieldsV1` form: nested objects, with `.` for an element that is itself a member and has members below.
  var encoded: Value {
    var fields: [String: Value] = [:]
    for member in members { fields[member.encoded] = [:] }
    for (element, below) in children {
      var value = below.encoded
      if members.contains(element) { value["."] = [:] }
      fields[element.encoded] = value
    }
    return .object(fields)
  }

  /// Reads the `fieldsV1` form; elements that are not understood are left out.
  init(encoded: Value, depth: Int = 0) {
    self.init()
    guard depth < Limits.depth else { return }
    for (key, below) in encoded.object ?? [:] {
      guard key != ".", let element = PathElement(encoded: key) else { continue }
      let fields = below.object ?? [:]
      if fields.isEmpty || fields["."] != nil { members.insert(element) }
      put(FieldSet(encoded: below, depth: depth + 1), below: element)
    }
  }

  init(members: Set<PathElement> = [], children: [PathElement: FieldSet] = [:]) {
    self.members = members
    self.children = children
  }
}
