/// A place in a document (RFC 6901): `/metadata/labels/app.kubernetes.io~1name`, `/spec/containers/0`; empty for the whole.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  /// The unescaped steps from the root down.
  public var tokens: [String]

  /// A pointer from unescaped steps.
  public init(tokens: [String]) { self.tokens = tokens }

  /// Reads a pointer's text.
  ///
  /// - Throws: `.invalid` when it neither is empty nor begins with `/`, or has a `~` that is not `~0` or `~1`.
  public init(_ text: String) throws(DocumentError) {
    guard !text.isEmpty else {
      tokens = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else {
      throw DocumentError(.invalid, "JSON pointer \"\(text)\" must be empty or begin with \"/\"")
    }
    tokens = []
    for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      var token = [UInt8]()
      var iterator = part.makeIterator()
      while let byte = iterator.next() {
        guard byte == UInt8(ascii: "~") else {
          token.append(byte)
          continue
        }
        switch iterator.next() {
        case UInt8(ascii: "0"): token.append(UInt8(ascii: "~"))
        case UInt8(ascii: "1"): token.append(UInt8(ascii: "/"))
        default: throw DocumentError(.invalid, "JSON pointer \"\(text)\" has a \"~\" that is neither \"~0\" nor \"~1\"")
        }
      }
      tokens.append(String(decoding: token, as: UTF8.self))
    }
  }

  /// The pointer's text.
  public var description: String {
    var text = [UInt8]()
    for token in tokens {
      text.append(UInt8(ascii: "/"))
      for byte in token.utf8 {
        switch byte {
        case UInt8(ascii: "~"): text.append(contentsOf: "~0".utf8)
        case UInt8(ascii: "/"): text.append(contentsOf: "~1".utf8)
        default: text.append(byte)
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether this pointer leads to `other` or to something that contains it.
  public func contains(_ other: JSONPointer) -> Bool { other.tokens.starts(with: tokens) }

  /// A list's index as RFC 6901 writes it: digits without leading zeros. `-` is nil.
  static func index(_ token: String) -> Int? {
    let digits = token.utf8
    guard let first = digits.first, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      first != UInt8(ascii: "0") || digits.count == 1
    else { return nil }
    return Int(token)
  }
}

extension Value {
  /// The value that a pointer leads to; nil when there is none.
  public func at(_ pointer: JSONPointer) -> Value? {
    var current = self
    for token in pointer.tokens {
      switch current {
      case .object(let members):
        guard let next = members[token] else { return nil }
        current = next
      case .array(let elements):
        guard let index = JSONPointer.index(token), index < elements.count else { return nil }
        current = elements[index]
      default: return nil
      }
    }
    return current
  }

  /// This value without what the pointer leads to; unchanged where that does not exist. An empty pointer leaves null.
  public func removing(_ pointer: JSONPointer) -> Value {
    var result = self
    do throws(DocumentError) { _ = try result.remove(pointer.tokens[...], of: pointer) } catch { return self }
    return result
  }
}

// The three changes that JSON Patch is made of. Each moves values out of their containers, so nothing is copied on the way.
extension Value {
  /// RFC 6902 `add`: sets an object's member, inserts before a list's element, or appends at `-`.
  mutating func add(_ value: Value, at path: ArraySlice<String>, of pointer: JSONPointer) throws(DocumentError) {
    guard let token = path.first else {
      self = value
      return
    }
    guard path.count == 1 else {
      return try descend(token, of: pointer) { (child) throws(DocumentError) in
        try child.add(value, at: path.dropFirst(), of: pointer)
      }
    }
    switch self {
    case .object: self[token] = value
    case .array(var elements):
      self = .null
      defer { self = .array(elements) }
      if token == "-" {
        elements.append(value)
      } else if let index = JSONPointer.index(token), index <= elements.count {
        elements.insert(value, at: index)
      } else {
        throw DocumentError(
          .notFound, "path \"\(pointer)\": \"\(token)\" is no position in a list of \(elements.count) elements")
      }
    default: throw Self.missing(token, of: pointer, in: self)
    }
  }

  /// RFC 6902 `remove`; returns what was there.
  mutating func remove(_ path: ArraySlice<String>, of pointer: JSONPointer) throws(DocumentError) -> Value {
    guard let token = path.first else {
      defer { self = .null }
      return self
    }
    guard path.count == 1 else {
      var removed: Value = .null
      try descend(token, of: pointer) { (child) throws(DocumentError) in
        removed = try child.remove(path.dropFirst(), of: pointer)
      }
      return removed
    }
    switch self {
    case .object(let members):
      guard let value = members[token] else { break }
      self[token] = Value?.none
      return value
    case .array(var elements):
      guard let index = JSONPointer.index(token), index < elements.count else { break }
      self = .null
      defer { self = .array(elements) }
      return elements.remove(at: index)
    default: break
    }
    throw Self.missing(token, of: pointer, in: self)
  }

  /// Hands the child at `token` to `body` for a change in place.
  private mutating func descend(
    _ token: String, of pointer: JSONPointer, _ body: (inout Value) throws(DocumentError) -> Void
  ) throws(DocumentError) {
    switch self {
    case .object(var members):
      guard var child = members[token] else { break }
      self = .null
      defer { self = .object(members) }
      members[token] = .null
      defer { members[token] = child }
      try body(&child)
      return
    case .array(var elements):
      guard let index = JSONPointer.index(token), index < elements.count else { break }
      self = .null
      defer { self = .array(elements) }
      try body(&elements[index])
      return
    default: break
    }
    throw Self.missing(token, of: pointer, in: self)
  }

  private static func missing(_ token: String, of pointer: JSONPointer, in value: Value) -> DocumentError {
    let place =
      switch value {
      case .object: "the object there has no member \"\(token)\""
      case .array(let elements): "\"\(token)\" is no element of a list of \(elements.count)"
      default: "there is \(value.typeName) where \"\(token)\" should be looked up"
      }
    return DocumentError(.notFound, "path \"\(pointer)\" does not exist: \(place)")
  }

  /// How many values this one consists of, itself included.
  var nodeCount: Int {
    switch self {
    case .array(let elements): elements.reduce(1) { $0 + $1.nodeCount }
    case .object(let members): members.values.reduce(1) { $0 + $1.nodeCount }
    default: 1
    }
  }
}
