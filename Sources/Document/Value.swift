/// One JSON or YAML value: the tree that every room of Flotilla passes documents around as.
///
/// Numbers follow Kubernetes: whatever is integral and fits 64 signed bits is `.integer`, everything else is `.number`. The
/// parsers keep to that (so `1.0` and `1e3` are read as `.integer`), which makes `JSON.parse(JSON.encode(v)) == v` for every
/// parsed value. A value that code builds by hand as `.number(1)` compares unequal to `.integer(1)`; `canonical` repairs it.
public enum Value: Sendable, Hashable {
  /// JSON's `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// An integral number within 64 signed bits.
  case integer(Int64)
  /// Any other finite number. Infinities and NaN have no JSON text: the parsers refuse them, the encoders write `null`.
  case number(Double)
  /// Text.
  case string(String)
  /// An ordered list.
  case array([Value])
  /// A mapping; its order is not kept, the encoders sort keys by their UTF-8 bytes.
  case object([String: Value])
}

extension Value {
  /// The value for a floating-point number: `.integer` when it is integral and in range, else `.number`.
  public static func canonical(_ double: Double) -> Value {
    // 2^63 itself is not an Int64, though Double(Int64.max) rounds up to it.
    if double.rounded(.towardZero) == double, double >= -0x1p63, double < 0x1p63 { return .integer(Int64(double)) }
    return .number(double)
  }

  /// The same tree with every integral `.number` turned into `.integer`, as the parsers would have read it.
  public var canonical: Value {
    switch self {
    case .number(let double): .canonical(double)
    case .array(let elements): .array(elements.map(\.canonical))
    case .object(let members): .object(members.mapValues(\.canonical))
    default: self
    }
  }

  /// What kind of value this is, in JSON Schema's words: null, boolean, integer, number, string, array, object.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `nil` is JSON's null.
  public init(nilLiteral: ()) { self = .null }
  /// A boolean literal.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An integer literal.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A floating-point literal; an integral one becomes `.integer`, as in a parsed document.
  public init(floatLiteral value: Double) { self = .canonical(value) }
  /// A string literal, interpolated or not.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An array literal.
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  /// A dictionary literal; of repeated keys the last wins.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}

extension Value {
  /// An object of strings, as labels and annotations are.
  public init(_ strings: [String: String]) { self = .object(strings.mapValues { .string($0) }) }
  /// A list of strings.
  public init(_ strings: [String]) { self = .array(strings.map { .string($0) }) }
}

extension Value: CustomStringConvertible {
  /// Compact JSON, keys sorted.
  public var description: String { JSON.string(self) }
}
