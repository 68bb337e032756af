import Document

/// What goes to Helm's library and comes from it is JSON.
enum LibraryText {
  /// The values as the library takes them. Throws `HelmError` with `invalidValues`.
  static func encoded(_ values: Value, doing: String) throws(HelmError) -> String {
    guard values.isNull || values.object != nil else {
      throw HelmError(code: .invalidValues, message: "\(doing): the values are no mapping")
    }
    let bytes = JSON.encode(values.isNull ? [:] : values)
    guard bytes.count <= Limits.valuesBytes else {
      throw HelmError(
        code: .invalidValues,
        message: "\(doing): the values have \(bytes.count) bytes, more than \(Limits.valuesBytes)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads the library's answer. Throws `HelmError` with `other`.
  static func decoded(_ text: String, doing: String) throws(HelmError) -> Value {
    do {
      return try JSON.parse(text, file: "helm", limits: answerLimits)
    } catch {
      throw HelmError(code: .other, message: "\(doing): Helm's answer cannot be read: \(error)", cause: error)
    }
  }

  // An answer holds a release's manifest and values, with JSON's escapes.
  private static let answerLimits = DocumentLimits(
    bytes: 4 * (Limits.manifestBytes + Limits.valuesBytes), nodes: 16_000_000)
}
