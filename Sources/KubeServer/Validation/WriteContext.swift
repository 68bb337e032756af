import Document

/// What to do with fields that the schema does not know: the `fieldValidation` query parameter.
public enum FieldValidation: String, Sendable {
  /// Drop them.
  case ignore = "Ignore"
  /// Drop them and warn.
  case warn = "Warn"
  /// Refuse the object.
  case strict = "Strict"
}

/// Who writes, when and how: everything about a write that is not in the object. Passed in, so that the rules stay pure.
public struct WriteContext: Sendable {
  /// Unknown fields; Kubernetes' default is `Warn`.
  public var fieldValidation = FieldValidation.warn
  /// Who owns the fields that change; kept in `metadata.managedFields`.
  public var fieldManager: String
  /// Seconds since 1970.
  public var now: Int64
  /// uid of an object that is made.
  public var uid: String
  /// Appended to `generateName`: five characters.
  public var nameSuffix: String
  /// Fields already found to be in the body twice.
  public var duplicates: [String] = []

  /// A context for one write.
  public init(fieldManager: String, now: Int64, uid: String = "", nameSuffix: String = "") {
    self.fieldManager = fieldManager
    self.now = now
    self.uid = uid
    self.nameSuffix = nameSuffix
  }

  /// A context with fresh random parts, at `now`.
  public static func random(fieldManager: String, now: Int64) -> WriteContext {
    WriteContext(
      fieldManager: fieldManager, now: now, uid: RandomIdentity.uid(), nameSuffix: RandomIdentity.nameSuffix())
  }
}

/// Random identities, from the system's generator.
enum RandomIdentity {
  private static let letters = Array("bcdfghjklmnpqrstvwxz2456789")

  /// A version 4 UUID in lower case.
  static func uid() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let hex = Hex.encode(bytes)
    var text = ""
    for (index, character) in hex.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(character)
    }
    return text
  }

  /// Five characters that spell no words.
  static func nameSuffix() -> String { String((0..<5).map { _ in letters[Int.random(in: 0..<letters.count)] }) }
}

/// Lower-case hexadecimal text.
enum Hex {
  private static let digits = Array("0123456789abcdef")

  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }
}
