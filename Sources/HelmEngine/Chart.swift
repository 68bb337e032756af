import Document

/// One file of a chart.
public struct ChartFile: Sendable, Hashable {
  /// The path below the chart's root, with `/` between parts: `templates/deployment.yaml`, for example.
  public var path: String

  /// The file's bytes.
  public var contents: [UInt8]

  /// Makes a file of bytes.
  public init(path: String, contents: [UInt8]) {
    self.path = path
    self.contents = contents
  }

  /// Makes a file of text, in UTF-8.
  public init(path: String, text: String) {
    self.init(path: path, contents: Array(text.utf8))
  }
}

/// A chart in memory: what a chart's directory holds, `Chart.yaml` at the root. It becomes valid or not when Helm loads it.
public struct Chart: Sendable, Hashable {
  /// All files, subcharts' below `charts/` included.
  public var files: [ChartFile]

  /// Makes a chart of its files.
  public init(files: [ChartFile]) {
    self.files = files
  }

  /// The content of `Chart.yaml`. Throws `HelmError` with `invalidChart` when there is none, or it is no YAML mapping.
  public func metadata() throws -> ChartMetadata {
    guard let file = files.first(where: { $0.path == "Chart.yaml" }) else {
      throw HelmError(code: .invalidChart, message: "the chart has no Chart.yaml at its root")
    }
    return try ChartMetadata(yaml: file.contents)
  }

  /// Whether a template may ask the cluster for objects: the function's name stands in some file.
  public var mayLookUp: Bool { files.contains { ByteSearch.contains("lookup", in: $0.contents) } }

  /// Whether a template may ask name servers.
  var mayAskNameServers: Bool { files.contains { ByteSearch.contains("getHostByName", in: $0.contents) } }

  /// The chart without the schemas of its values, its subcharts' included: how schema validation is skipped in rendering.
  func withoutSchemas() -> Chart {
    Chart(files: files.filter { $0.path.split(separator: "/").last != "values.schema.json" })
  }
}
