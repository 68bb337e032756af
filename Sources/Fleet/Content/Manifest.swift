import Document

/// The files of a bundle as one content-addressed document (fleet-behaviour §3.6). The same files give the same bytes and
/// the same id on every machine, and the same id that Fleet gives them.
public struct Manifest: Sendable, Hashable {
  /// The files, in the order in which they are written.
  public var resources: [BundleResource]

  /// A manifest of files; they are sorted by name.
  public init(resources: [BundleResource]) {
    self.resources = resources.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Reads what ``encoded()`` wrote, or any JSON of that form.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent`.
  public init(decoding bytes: [UInt8]) throws(FleetError) {
    do {
      let reader = try FieldReader(
        try JSON.parse(bytes, file: "manifest", limits: DocumentLimits(bytes: Limits.manifestBytes)))
      resources = []
      for resource in try reader.objects("resources") ?? [] { resources.append(try BundleResource(resource)) }
    } catch {
      throw FleetError(.corruptContent, "the manifest cannot be read: \(error)", cause: error)
    }
  }

  /// Reads a content blob and checks that it is the one that `id` names.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` or `limitExceeded`.
  public init(blob: [UInt8], expecting id: String) throws(FleetError) {
    let bytes = try Gzip.decompress(blob, limit: Limits.manifestBytes)
    let found = Manifest.identifier(of: bytes)
    guard found == id else {
      throw FleetError(.corruptContent, "invalid or corrupt manifest. Expecting id: \(id), got \(found)")
    }
    try self.init(decoding: bytes)
  }

  /// The manifest as JSON with a line break at the end, written as Go writes it (key order, escapes of `<`, `>`, `&`),
  /// because the id is a hash of these bytes.
  public func encoded() -> [UInt8] {
    var writer = GoJSONText()
    writer.raw("{")
    if !resources.isEmpty {
      writer.raw("\"resources\":[")
      for (index, resource) in resources.enumerated() {
        writer.raw(index == 0 ? "{" : ",{")
        var first = true
        for (key, text) in [("name", resource.name), ("content", resource.content), ("encoding", resource.encoding)]
        where !text.isEmpty {
          writer.raw(first ? "\"" : ",\"")
          writer.raw(key)
          writer.raw("\":")
          writer.string(text)
          first = false
        }
        writer.raw("}")
      }
      writer.raw("]")
    }
    writer.raw("}\n")
    return writer.bytes
  }

  /// The content blob: gzip of ``encoded()``.
  ///
  /// - Throws: ``FleetError`` when zlib fails.
  public func blob() throws(FleetError) -> [UInt8] { try Gzip.compress(encoded()) }

  /// The manifest's id: `s-` and the SHA-256 of ``encoded()``, cut to 63 characters, so that it can be a label's value.
  public var id: String { Manifest.identifier(of: encoded()) }

  /// The id of an encoded manifest.
  public static func identifier(of encoded: [UInt8]) -> String { String("s-\(Digests.sha256Hex(encoded))".prefix(63)) }
}
