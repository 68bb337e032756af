/// What went wrong in the domain: which file, line and key it concerns, and what the user can do about it.
public struct FleetError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. A struct around a private enum, so that later versions can add codes.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String, Sendable {
      case invalidField, invalidDocument, invalidTree, missingFile, noResources, duplicateBundle, unsupported
      case limitExceeded, chartUnavailable, targeting, corruptContent, invalidRegistration, clusterScopedObject
      case unknownKind, overlay
    }

    private let kind: Kind

    /// A field of a resource or of fleet.yaml has the wrong type or a value that is not allowed.
    public static let invalidField = Code(kind: .invalidField)
    /// A file is not YAML or JSON, or not the kind of document that belongs there.
    public static let invalidDocument = Code(kind: .invalidDocument)
    /// The source tree itself is hostile or broken: paths with `..`, twins, links that leave the bundle.
    public static let invalidTree = Code(kind: .invalidTree)
    /// A file that another file names is not in the tree.
    public static let missingFile = Code(kind: .missingFile)
    /// The scanned paths hold nothing to deploy.
    public static let noResources = Code(kind: .noResources)
    /// Two directories make a bundle of the same name.
    public static let duplicateBundle = Code(kind: .duplicateBundle)
    /// The input asks for something that this version does not do.
    public static let unsupported = Code(kind: .unsupported)
    /// A limit of ``Limits`` was reached; the message names it.
    public static let limitExceeded = Code(kind: .limitExceeded)
    /// A chart from outside the repository was not supplied by the caller.
    public static let chartUnavailable = Code(kind: .chartUnavailable)
    /// The values or options of one cluster could not be made.
    public static let targeting = Code(kind: .targeting)
    /// Stored or received bytes are not what they claim to be.
    public static let corruptContent = Code(kind: .corruptContent)
    /// Registration values or a join token cannot be used.
    public static let invalidRegistration = Code(kind: .invalidRegistration)
    /// A forced namespace meets an object that has none.
    public static let clusterScopedObject = Code(kind: .clusterScopedObject)
    /// The cluster does not know a kind whose scope is needed.
    public static let unknownKind = Code(kind: .unknownKind)
    /// A raw-YAML overlay or patch does not apply.
    public static let overlay = Code(kind: .overlay)

    /// The code's name, for logs and condition reasons.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What happened and what to do next, without file and key.
  public let message: String
  /// The file in the source tree, when the failure is about one.
  public let file: String?
  /// The line in ``file``, from 1, when it is known.
  public let line: Int?
  /// The path of the key, such as `targets[2].clusterName`, when the failure is about one.
  public let key: String?
  /// The error below this one, when there is one.
  public let cause: (any Error)?

  /// An error with everything that is known of it.
  public init(
    _ code: Code, _ message: String, file: String? = nil, line: Int? = nil, key: String? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.file = file
    self.line = line
    self.key = key
    self.cause = cause
  }

  /// `file:line: key: message`, leaving out what is not known.
  public var description: String {
    var text = ""
    if let file, !file.isEmpty {
      text += file
      if let line { text += ":\(line)" }
      text += ": "
    }
    if let key, !key.isEmpty { text += "\(key): " }
    return text + message
  }

  /// The same error, said of a file and line, unless it already names one.
  public func located(file newFile: String?, line newLine: Int? = nil) -> FleetError {
    FleetError(code, message, file: file ?? newFile, line: line ?? newLine, key: key, cause: cause)
  }
}
