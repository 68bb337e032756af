/// YAML as Kubernetes' tools read it (sigs.k8s.io/yaml over go-yaml v2), and written as kubectl writes it.
///
/// Plain scalars resolve by YAML 1.1 with go-yaml's changes: `y`, `on`, `no` are booleans; `010` and `0o7` octal, `0b1`, `0x1F`
/// and `1_000` integers; `1e3` and `.5` numbers; dates stay strings; `.inf` and `.nan` are errors, having no JSON counterpart.
/// Scalars as keys become strings (`y:` is `"true"`). Merge keys take effect in the order in which they are written: what
/// comes later in the mapping wins, as with kubectl. Syntax is libyaml's.
public enum YAML {
  /// What to do about a mapping that sets one key twice.
  public enum DuplicateKeys: Sendable, Hashable {
    /// It is an error at the second place. A key that a merge (`<<`) brought may be set again.
    case refused
    /// The last one wins, as with kubectl and Helm.
    case lastWins
  }

  /// Reads all documents of a stream. Documents that are empty, or nothing but `null`, are dropped.
  ///
  /// - Parameters:
  ///   - text: the stream.
  ///   - file: a name for error messages.
  ///   - limits: all apply.
  ///   - duplicateKeys: by default refused: the second one is nearly always a mistake.
  /// - Throws: `.syntax`, `.limit`, `.unsupported` or `.duplicateKey`, with line and column.
  public static func parse(
    _ text: String, file: String = "", limits: DocumentLimits = .default, duplicateKeys: DuplicateKeys = .refused
  ) throws(DocumentError) -> [Value] {
    try parse(Array(text.utf8), file: file, limits: limits, duplicateKeys: duplicateKeys)
  }

  /// Reads all documents of a stream in UTF-8, or with a byte order mark in UTF-16; see `parse(_:file:limits:duplicateKeys:)`.
  public static func parse(
    _ bytes: [UInt8], file: String = "", limits: DocumentLimits = .default, duplicateKeys: DuplicateKeys = .refused
  ) throws(DocumentError) -> [Value] {
    guard bytes.count <= limits.bytes else {
      throw DocumentError(
        .limit, "the document is \(bytes.count) bytes long, and the limit is \(limits.bytes)", file: file, line: 1,
        column: 1)
    }
    let result: Result<[Value], DocumentError> = bytes.withUnsafeBufferPointer { buffer in
      let events = YAMLEventReader(buffer, file: file)
      var composer = YAMLComposer(events, limits: limits, duplicateKeys: duplicateKeys)
      do throws(DocumentError) {
        return .success(try composer.documents())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// One document, ending in a line break: keys sorted, two spaces of indentation, lists not indented within mappings, text of
  /// several lines as a literal block, and quotes around whatever would otherwise be read as another type.
  public static func emit(_ value: Value) -> String { emit([value]) }

  /// A stream of documents with `---` between them; an empty string for none.
  public static func emit(_ documents: [Value]) -> String {
    documents.map { YAMLEmitter.document($0) }.joined(separator: "---\n")
  }
}
