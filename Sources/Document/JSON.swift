/// JSON as Kubernetes' Go code reads and writes it.
///
/// Reading: integers that fit 64 bits are `.integer`, all other numbers doubles; of repeated keys the last wins; a lone
/// surrogate escape and invalid UTF-8 inside a string become U+FFFD; anything after the value but white space is an error.
/// Writing: keys sorted by their UTF-8 bytes, no spaces, no HTML escaping, so equal values always give equal bytes.
public enum JSON {
  /// Reads one JSON value, which must be all there is.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 text; a leading byte order mark is skipped.
  ///   - file: a name for error messages.
  ///   - limits: `bytes`, `depth` and `nodes` apply.
  /// - Throws: `.syntax` with line and column, or `.limit`.
  public static func parse(
    _ bytes: some Collection<UInt8>, file: String = "", limits: DocumentLimits = .default
  ) throws(DocumentError) -> Value {
    let contiguous = bytes.withContiguousStorageIfAvailable { parse(buffer: $0, file: file, limits: limits) }
    let result = contiguous ?? Array(bytes).withUnsafeBufferPointer { parse(buffer: $0, file: file, limits: limits) }
    return try result.get()
  }

  /// Reads one JSON value from a string.
  public static func parse(
    _ text: String, file: String = "", limits: DocumentLimits = .default
  ) throws(DocumentError) -> Value {
    try parse(text.utf8, file: file, limits: limits)
  }

  /// The value's JSON text as bytes. `pretty` breaks lines and indents by two spaces. A non-finite number is written `null`.
  public static func encode(_ value: Value, pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.write(value)
    // Many of these are kept: without the room that the last growth left.
    // An array made of the whole of another one would share its memory; one made of a buffer is new, and as long as it is.
    guard writer.bytes.capacity - writer.bytes.count > 128 else { return writer.bytes }
    return writer.bytes.withUnsafeBufferPointer { Array($0) }
  }

  /// The value's JSON text as a string; see `encode`.
  public static func string(_ value: Value, pretty: Bool = false) -> String {
    String(decoding: encode(value, pretty: pretty), as: UTF8.self)
  }

  private static func parse(
    buffer: UnsafeBufferPointer<UInt8>, file: String, limits: DocumentLimits
  ) -> Result<Value, DocumentError> {
    var reader = JSONReader(buffer, limits: limits)
    do throws(JSONReader.Problem) {
      return .success(try reader.document())
    } catch {
      return .failure(reader.locate(error, file: file))
    }
  }
}
