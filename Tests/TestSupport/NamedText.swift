import Testing

/// A text that a parameterised test takes, known in its output by a name: a megabyte of brackets is nothing to print.
public struct NamedText: Sendable, CustomTestStringConvertible {
  /// What the text is.
  public let name: String
  /// The text.
  public let text: String

  /// A text under a name.
  public init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }

  /// The name.
  public var testDescription: String { name }
}
