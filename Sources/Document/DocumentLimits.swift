/// How much a parser takes before it refuses. Every limit is inclusive: a document that reaches it exactly is accepted.
///
/// Manifests come from strangers' git repositories, so each limit bounds time and memory: a parser never allocates more than a
/// small multiple of `bytes` plus what the alias limits allow.
public struct DocumentLimits: Sendable, Hashable {
  /// Bytes of input. Default 16 MiB.
  public var bytes: Int
  /// Nesting: a scalar has depth 0, `[]` 1, `[[]]` 2. Default 200, which recursion survives on a 512 KiB stack.
  public var depth: Int
  /// Values in all documents of the input together, counting what aliases repeat. Default 1 million, which
  /// take about 100 MB.
  public var nodes: Int
  /// Documents in one YAML stream, counting empty ones. Default 10,000.
  public var documents: Int
  /// Values that aliases (`*name`) add to a YAML stream. Default 100,000.
  public var aliasNodes: Int
  /// Bytes of keys and scalars that aliases add to a YAML stream. Default 16 MiB.
  public var aliasBytes: Int

  /// Limits with the defaults above where nothing else is said.
  public init(
    bytes: Int = 16 << 20, depth: Int = 200, nodes: Int = 1_000_000, documents: Int = 10_000, aliasNodes: Int = 100_000,
    aliasBytes: Int = 16 << 20
  ) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
    self.documents = documents
    self.aliasNodes = aliasNodes
    self.aliasBytes = aliasBytes
  }

  /// The defaults.
  public static let `default` = DocumentLimits()
}
