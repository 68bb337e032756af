/// A media type with parameters, as `Accept` and `Content-Type` carry them.
struct MediaType: Sendable {
  /// `application/json`, in lower case.
  let name: String
  /// Parameters, names in lower case.
  let parameters: [String: String]

  /// Parses one media type.
  init(_ text: some StringProtocol) {
    let parts = text.split(separator: ";").map { Self.trimmed($0) }
    name = parts.first?.lowercased() ?? ""
    var parameters: [String: String] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { parameters[pair[0].lowercased()] = Self.unquoted(pair[1]) }
    }
    self.parameters = parameters
  }

  /// The entries of an `Accept` header in order of preference; an absent header accepts anything.
  static func accepted(_ header: String?) -> [MediaType] {
    guard let header, !header.isEmpty else { return [MediaType("*/*")] }
    let types = header.split(separator: ",").map { MediaType($0) }
    return types.enumerated().sorted { left, right in
      left.element.quality == right.element.quality
        ? left.offset < right.offset : left.element.quality > right.element.quality
    }.map(\.element).filter { $0.quality > 0 }
  }

  private var quality: Double { parameters["q"].flatMap(Double.init) ?? 1 }

  private static func trimmed(_ text: some StringProtocol) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private static func unquoted(_ text: some StringProtocol) -> String {
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      ? String(text.dropFirst().dropLast()) : String(text)
  }
}

/// In which shape and syntax the client wants objects.
struct Representation: Sendable {
  /// Whole objects, tables of them, or their metadata alone.
  enum Shape: Sendable {
    case object
    case table(TableRenderer.IncludeObject)
    case partial
  }

  /// The syntax.
  enum Syntax: Sendable {
    case json
    case yaml
  }

  var shape: Shape
  var syntax: Syntax

  var contentType: String { syntax == .json ? "application/json" : "application/yaml" }

  /// Chooses the client's first wish that can be fulfilled.
  static func negotiate(accept: String?, query: Query) throws(KubeError) -> Representation {
    for type in MediaType.accepted(accept) {
      let syntax: Syntax
      switch type.name {
      case "application/json", "*/*", "application/*": syntax = .json
      case "application/yaml": syntax = .yaml
      default: continue
      }
      guard let shape = shape(type, query) else { continue }
      return Representation(shape: shape, syntax: syntax)
    }
    throw KubeError.notAcceptable(["application/json", "application/yaml"])
  }

  private static func shape(_ type: MediaType, _ query: Query) -> Shape? {
    guard let target = type.parameters["as"] else { return .object }
    guard type.parameters["g"] == "meta.k8s.io", let version = type.parameters["v"],
      version == "v1" || version == "v1beta1"
    else { return nil }
    switch target {
    case "Table":
      // v1beta1 tables have the same shape, but kubectl asks for v1 first.
      guard version == "v1" else { return nil }
      return .table(query["includeObject"].flatMap(TableRenderer.IncludeObject.init) ?? .metadata)
    case "PartialObjectMetadata", "PartialObjectMetadataList": return version == "v1" ? .partial : nil
    default: return nil
    }
  }
}
