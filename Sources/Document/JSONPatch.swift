/// A JSON Patch (RFC 6902): a list of operations that all take effect, or none does.
public struct JSONPatch: Sendable, Hashable {
  /// One operation.
  public enum Operation: Sendable, Hashable {
    /// Sets a member, or inserts into a list.
    case add(JSONPointer, Value)
    /// Removes what is there.
    case remove(JSONPointer)
    /// Replaces what is there.
    case replace(JSONPointer, Value)
    /// Removes from the first place, then adds at the second.
    case move(from: JSONPointer, to: JSONPointer)
    /// Adds at the second place what is at the first.
    case copy(from: JSONPointer, to: JSONPointer)
    /// Fails unless that value is there.
    case test(JSONPointer, Value)
  }

  /// The operations in the order in which they take effect.
  public var operations: [Operation]

  /// The most operations a patch may have, as in Kubernetes' API server.
  public static let operationLimit = 10_000

  /// Reads a patch document, a list of objects with `op`, `path` and, by operation, `value` or `from`.
  ///
  /// - Throws: `.invalid` naming the operation by its index, or `.limit` above `operationLimit`.
  public init(_ value: Value) throws(DocumentError) {
    guard case .array(let elements) = value else {
      throw DocumentError(.invalid, "a JSON Patch is a list of operations, not \(value.typeName)")
    }
    guard elements.count <= Self.operationLimit else {
      throw DocumentError(
        .limit, "the JSON Patch has \(elements.count) operations; the limit is \(Self.operationLimit)")
    }
    operations = []
    operations.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      do throws(DocumentError) {
        operations.append(try Self.operation(element))
      } catch {
        throw DocumentError(error.code, "JSON Patch operation \(index): \(error.message)")
      }
    }
  }

  private static func operation(_ element: Value) throws(DocumentError) -> Operation {
    guard case .object(let members) = element else {
      throw DocumentError(.invalid, "must be an object, not \(element.typeName)")
    }
    guard let name = members["op"]?.string else { throw DocumentError(.invalid, "has no \"op\"") }
    func pointer(_ member: String) throws(DocumentError) -> JSONPointer {
      guard let text = members[member]?.string else {
        throw DocumentError(.invalid, "(\(name)) needs \"\(member)\", a JSON pointer")
      }
      return try JSONPointer(text)
    }
    func value() throws(DocumentError) -> Value {
      guard let value = members["value"] else { throw DocumentError(.invalid, "(\(name)) needs a \"value\"") }
      return value
    }
    switch name {
    case "add": return .add(try pointer("path"), try value())
    case "remove": return .remove(try pointer("path"))
    case "replace": return .replace(try pointer("path"), try value())
    case "move": return .move(from: try pointer("from"), to: try pointer("path"))
    case "copy": return .copy(from: try pointer("from"), to: try pointer("path"))
    case "test": return .test(try pointer("path"), try value())
    default:
      throw DocumentError(.invalid, "unknown op \"\(name)\"; it must be add, remove, replace, move, copy or test")
    }
  }

  /// The document with every operation applied in order.
  ///
  /// - Throws: naming the operation by its index: `.notFound` where a path leads to nothing, `.testFailed`, `.invalid` for a
  ///   move into itself, `.limit` when copies add more than `limits.aliasNodes` values or `limits.depth` is exceeded.
  public func apply(to document: Value, limits: DocumentLimits = .default) throws(DocumentError) -> Value {
    var result = document
    var copied = 0
    for (index, operation) in operations.enumerated() {
      do throws(DocumentError) {
        try Self.perform(operation, on: &result, copied: &copied, limits: limits)
      } catch {
        throw DocumentError(error.code, "JSON Patch operation \(index) (\(operation.name)): \(error.message)")
      }
    }
    return result
  }

  private static func perform(
    _ operation: Operation, on document: inout Value, copied: inout Int, limits: DocumentLimits
  ) throws(DocumentError) {
    switch operation {
    case .add(let path, let value):
      try check(value, below: path, limits)
      try document.add(value, at: path.tokens[...], of: path)
    case .remove(let path): _ = try document.remove(path.tokens[...], of: path)
    case .replace(let path, let value):
      try check(value, below: path, limits)
      if !path.tokens.isEmpty { _ = try document.remove(path.tokens[...], of: path) }
      try document.add(value, at: path.tokens[...], of: path)
    case .move(let from, let to):
      if from == to, document.at(from) != nil { return }
      if from.contains(to) { throw DocumentError(.invalid, "\"\(from)\" cannot be moved into itself, to \"\(to)\"") }
      let value = try document.remove(from.tokens[...], of: from)
      try check(value, below: to, limits)
      try document.add(value, at: to.tokens[...], of: to)
    case .copy(let from, let to):
      guard let value = document.at(from) else { throw DocumentError(.notFound, "path \"\(from)\" does not exist") }
      // Copies of copies grow exponentially.
      copied += value.nodeCount
      if copied > limits.aliasNodes {
        throw DocumentError(.limit, "the patch copies more than \(limits.aliasNodes) values")
      }
      try check(value, below: to, limits)
      try document.add(value, at: to.tokens[...], of: to)
    case .test(let path, let expected):
      guard let found = document.at(path) else { throw DocumentError(.testFailed, "path \"\(path)\" does not exist") }
      guard found.canonical == expected.canonical else {
        throw DocumentError(
          .testFailed,
          "at \"\(path)\" there is \(JSON.string(found).prefix(200)), not \(JSON.string(expected).prefix(200))")
      }
    }
  }

  /// Every operation can push a value deeper, and what reads or writes the result is recursive.
  private static func check(
    _ value: Value, below path: JSONPointer, _ limits: DocumentLimits
  ) throws(DocumentError) {
    if path.tokens.count + value.height > limits.depth {
      throw DocumentError(.limit, "the document would be nested deeper than \(limits.depth) levels")
    }
  }
}

extension JSONPatch.Operation {
  fileprivate var name: String {
    switch self {
    case .add: "add"
    case .remove: "remove"
    case .replace: "replace"
    case .move: "move"
    case .copy: "copy"
    case .test: "test"
    }
  }
}

extension Value {
  /// The levels of nesting below and including this value: 0 for a scalar.
  fileprivate var height: Int {
    switch self {
    case .array(let elements): 1 + (elements.map(\.height).max() ?? 0)
    case .object(let members): 1 + (members.values.map(\.height).max() ?? 0)
    default: 0
    }
  }
}
