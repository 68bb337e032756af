/// What is wrong with a document, a patch or a selector, and where.
public struct DocumentError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for code that reacts to it.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String, Hashable { case syntax, limit, unsupported, duplicateKey, invalid, notFound, testFailed }
    private let kind: Kind

    /// The text is not well-formed JSON or YAML.
    public static let syntax = Code(kind: .syntax)
    /// A limit of `DocumentLimits` was reached.
    public static let limit = Code(kind: .limit)
    /// Well-formed, but with no counterpart in JSON: an infinity, a mapping as a key, a value that contains itself.
    public static let unsupported = Code(kind: .unsupported)
    /// A mapping sets the same key twice.
    public static let duplicateKey = Code(kind: .duplicateKey)
    /// A patch, pointer or selector that does not have the form its specification asks for.
    public static let invalid = Code(kind: .invalid)
    /// A pointer leads to nothing in the document that it is used on.
    public static let notFound = Code(kind: .notFound)
    /// A JSON Patch `test` operation found another value.
    public static let testFailed = Code(kind: .testFailed)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// What kind of error this is.
  public let code: Code
  /// The file's name as the caller gave it; empty when it gave none.
  public let file: String
  /// The line, counted from 1; 0 where the error has no place in a text.
  public let line: Int
  /// The column in characters (in bytes for JSON), counted from 1; 0 where the error has no place in a text.
  public let column: Int
  /// What is wrong, and what to do about it.
  public let message: String

  /// An error at a place of a text; without a line it has none.
  public init(_ code: Code, _ message: String, file: String = "", line: Int = 0, column: Int = 0) {
    self.code = code
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// `file:line:column: message`, leaving out what is not known.
  public var description: String {
    var place = [String]()
    if !file.isEmpty { place.append(file) }
    if line > 0 { place.append("\(line):\(column)") }
    return place.isEmpty ? message : place.joined(separator: ":") + ": " + message
  }
}
