/// A scalar as it stands in the text, and the rules by which go-yaml v2 decides what it is.
struct YAMLScalar {
  var text: String
  /// The explicit tag in full (`tag:yaml.org,2002:int`), or nil.
  var tag: String?
  /// Whether it stands there without quotes and is no block scalar.
  var isPlain: Bool

  enum Resolved: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond Int64; as a value it becomes a double, as a key it is refused.
    case unsigned(UInt64)
    case float(Double)
    case string(String)
    /// Whatever the tag says, the text is not that.
    case invalid(String)
  }

  /// Whether this is the merge key.
  var isMerge: Bool { (isPlain && tag == nil || tag == Self.standard + "merge") && text == "<<" }

  private static let standard = "tag:yaml.org,2002:"

  /// What the scalar is, by its tag or else by its look.
  func resolved() -> Resolved {
    guard let tag, tag != Self.standard + "timestamp" else { return isPlain ? Self.resolve(text) : .string(text) }
    guard tag.hasPrefix(Self.standard) else { return .string(text) }
    let name = String(tag.dropFirst(Self.standard.count))
    if name == "binary" {
      guard let bytes = Base64.decode(text) else { return .invalid("a !!binary value is not base64") }
      return .string(String(decoding: bytes, as: UTF8.self))
    }
    let found = Self.resolve(text)
    switch (name, found) {
    case ("null", .null), ("bool", .bool), ("int", .integer), ("int", .unsigned), ("float", .float): return found
    case ("float", .integer(let integer)): return .float(Double(integer))
    case ("float", .unsigned(let integer)): return .float(Double(integer))
    case ("null", _), ("bool", _), ("int", _), ("float", _): return .invalid("\"\(text.prefix(40))\" is no !!\(name)")
    default: return .string(text)
    }
  }

  /// What an untagged plain scalar is.
  static func resolve(_ text: String) -> Resolved {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      return YAMLNumber.resolve(text) ?? .string(text)
    case UInt8(ascii: "~"): return text == "~" ? .null : .string(text)
    default:
      // The longest word is "false"; all of them begin with one of these letters.
      guard text.utf8.count <= 5, "yYnNtTfFoO".utf8.contains(first) else { return .string(text) }
      switch text {
      case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
      case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
      case "null", "Null", "NULL": return .null
      default: return .string(text)
      }
    }
  }

  /// Whether a writer has to quote this text for it to be read back as a string, by this reader or by kubectl's.
  static func needsQuotes(_ text: String) -> Bool {
    guard case .string = resolve(text) else { return true }
    return text == "<<" || YAMLNumber.isSexagesimal(text) || YAMLNumber.isTimestamp(text)
  }
}
