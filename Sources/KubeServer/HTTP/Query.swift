/// The query part of a request target, decoded: `+` and `%xx`, repeated names kept in order.
struct Query: Sendable {
  private var values: [String: [String]] = [:]

  /// Decodes `a=b&c=d`; nil is no query.
  init(_ text: Substring?) {
    for pair in text?.split(separator: "&") ?? [] {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? PercentCoding.decode(parts[1], plusIsSpace: true) : ""
      values[PercentCoding.decode(parts[0], plusIsSpace: true), default: []].append(value)
    }
  }

  /// The last value of a parameter; nil if it is absent or empty, which Kubernetes treats alike.
  subscript(name: String) -> String? {
    guard let value = values[name]?.last, !value.isEmpty else { return nil }
    return value
  }

  /// Replaces a parameter.
  mutating func set(_ name: String, to value: String) { values[name] = [value] }

  /// All values of a parameter.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// The last value of every parameter.
  var flat: [String: String] { values.compactMapValues(\.last) }

  /// A boolean parameter; `badRequest` if it is neither `true`/`1` nor `false`/`0`.
  func bool(_ name: String) throws(KubeError) -> Bool {
    switch self[name] {
    case nil, "false", "0": return false
    case "true", "1": return true
    case .some(let text): throw KubeError.badRequest("query parameter \(name)=\(text) must be true or false")
    }
  }

  /// A non-negative integer parameter.
  func count(_ name: String) throws(KubeError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw KubeError.badRequest("query parameter \(name)=\(text) must be a whole number, 0 or more")
    }
    return number
  }
}

/// Percent-encoding of URLs.
enum PercentCoding {
  /// The text with `%xx` (and `+`, in a query) replaced; a malformed escape stays as it is.
  static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = nibble(bytes[index + 1]),
        let low = nibble(bytes[index + 2])
      {
        out.append(high << 4 | low)
        index += 3
        continue
      }
      out.append(plusIsSpace && bytes[index] == UInt8(ascii: "+") ? 32 : bytes[index])
      index += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
