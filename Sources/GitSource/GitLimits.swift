/// Every bound of this module. What exceeds one is refused with ``GitError/Code/limitExceeded`` and the limit's name.
public struct GitLimits: Sendable {
  /// Bytes received in one fetch.
  public var fetchBytes: Int = 2 << 30
  /// Objects received in one fetch.
  public var fetchObjects: Int = 5_000_000
  /// Bytes that a server may send to list its references.
  public var listBytes: Int = 128 << 20
  /// References that a server may list.
  public var references: Int = 1_000_000
  /// Files, links and submodules in one tree.
  public var treeEntries: Int = 200_000
  /// Bytes of all contents read from one tree.
  public var treeBytes: Int = 1 << 30
  /// Bytes of one file that is read.
  public var fileBytes: Int = 64 << 20
  /// Names in one path.
  public var pathDepth: Int = 64
  /// UTF-8 bytes of one path.
  public var pathBytes: Int = 4096
  /// Time for listing one tree.
  public var treeTime: Duration = .seconds(60)

  /// Pack files in one mirror; when a fetch leaves more, they are made one in the background.
  public var packs: Int = 50

  /// The limits as they stand.
  public static let `default` = GitLimits()

  /// Operations on servers that run at once in the process; more wait.
  public static let networkOperations = 64
  /// Operations on one server that run at once, so that one slow server leaves room for the others.
  public static let operationsPerServer = 8
  /// Pack files that the process keeps open at once.
  public static let openPacks = 256
  /// Operations on local mirrors that run at once.
  public static let localOperations = 4
  /// Bytes of a URL.
  public static let urlBytes = 4096
  /// Bytes of a CA bundle or of known hosts.
  public static let trustBytes = 4 << 20

  /// The defaults.
  public init() {}
}
