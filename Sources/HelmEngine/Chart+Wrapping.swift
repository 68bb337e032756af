import Document

extension Chart {
  /// Makes a chart whose templates are finished manifests, so that a release of it is what `metadata` names and holds
  /// exactly `manifests`: Helm evaluates nothing in them, `{{` included.
  ///
  /// - Parameters:
  ///   - manifests: YAML documents between `---` lines, at most `Limits.manifestBytes`. Hooks stay hooks.
  ///   - metadata: the original chart's, with annotations added as wanted. Its dependencies are left out.
  ///   - values: the original chart's default values, for `helm get values --all`.
  ///   - crds: files below `crds/`, which Helm installs before all else, and never upgrades or deletes.
  ///   - notes: the text that `helm status` shows.
  /// - Throws: `HelmError` with `invalidChart` when the manifests, or one document of them, are too large.
  public static func wrapping(
    manifests: String, metadata: ChartMetadata, values: Value? = nil, crds: [ChartFile] = [], notes: String? = nil
  ) throws -> Chart {
    guard manifests.utf8.count <= Limits.manifestBytes else {
      throw HelmError(
        code: .invalidChart,
        message: "the manifests of chart \(metadata.name) have \(manifests.utf8.count) bytes, more than "
          + "\(Limits.manifestBytes): split the bundle")
    }
    var files = [ChartFile(path: "Chart.yaml", text: YAML.emit(metadata.forWrapper().value))]
    if let values { files.append(ChartFile(path: "values.yaml", text: YAML.emit(values))) }
    if let notes { files.append(ChartFile(path: "templates/NOTES.txt", contents: escaped(Array(notes.utf8)))) }
    files += crds
    for (index, part) in try parts(of: manifests, chart: metadata.name).enumerated() {
      files.append(ChartFile(path: "templates/manifests-\(index + 1).yaml", contents: part))
    }
    return Chart(files: files)
  }

  /// The documents in templates that Helm's limit on one file admits, each cut between documents.
  private static func parts(of manifests: String, chart: String) throws -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var current: [UInt8] = []
    for document in ManifestDocuments.split(manifests) {
      let bytes = Array("---\n".utf8) + escaped(Array(document.utf8)) + [UInt8(ascii: "\n")]
      guard bytes.count <= Limits.wrapperTemplateBytes else {
        throw HelmError(
          code: .invalidChart,
          message: "one object of chart \(chart) has \(bytes.count) bytes, more than \(Limits.wrapperTemplateBytes)")
      }
      if current.count + bytes.count > Limits.wrapperTemplateBytes {
        parts.append(current)
        current = []
      }
      current += bytes
    }
    if !current.isEmpty { parts.append(current) }
    return parts
  }

  /// The text as a template that yields it: `{{` is the only thing that Helm's templates take for their own.
  static func escaped(_ text: [UInt8]) -> [UInt8] {
    let brace = UInt8(ascii: "{")
    let replacement = Array("{{ \"{{\" }}".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == brace, index + 1 < text.count, text[index + 1] == brace {
        result += replacement
        index += 2
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }
}
