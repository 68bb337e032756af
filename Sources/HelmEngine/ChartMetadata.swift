import Document

/// What a `Chart.yaml` says.
public struct ChartMetadata: Sendable, Hashable {
  /// All fields, those that this module does not know included.
  public private(set) var value: Value

  /// Makes the metadata of a chart of our own.
  public init(name: String, version: String, appVersion: String? = nil, annotations: [String: String] = [:]) {
    value = ["apiVersion": "v2", "name": .string(name), "version": .string(version)]
    value["appVersion"] = appVersion.map(Value.string)
    addAnnotations(annotations)
  }

  /// Reads a `Chart.yaml`. Throws `HelmError` with `invalidChart` when it is no YAML mapping.
  public init(yaml: [UInt8]) throws {
    let documents: [Value]
    do {
      documents = try YAML.parse(yaml, file: "Chart.yaml")
    } catch {
      throw HelmError(code: .invalidChart, message: "the chart's Chart.yaml cannot be read: \(error)", cause: error)
    }
    guard let document = documents.first, document.object != nil else {
      throw HelmError(code: .invalidChart, message: "the chart's Chart.yaml is no YAML mapping")
    }
    value = document
  }

  /// What the library says of a chart that it has loaded.
  init(library value: Value) { self.value = value }

  /// The chart's name, empty where the file has none.
  public var name: String { value["name"]?.string ?? "" }

  /// The chart's version, empty where the file has none.
  public var version: String { value["version"]?.string ?? "" }

  /// The chart's annotations; those that are no strings are left out.
  public var annotations: [String: String] {
    (value["annotations"]?.object ?? [:]).compactMapValues(\.string)
  }

  /// Adds annotations; one that is there already gets the new text.
  public mutating func addAnnotations(_ annotations: [String: String]) {
    guard !annotations.isEmpty else { return }
    let merged = self.annotations.merging(annotations) { _, new in new }
    value["annotations"] = .object(merged.mapValues(Value.string))
  }

  /// The same for a chart that is already rendered: its dependencies are in its manifests, and nothing is to be fetched.
  func forWrapper() -> ChartMetadata {
    var copy = self
    copy.value["dependencies"] = nil
    copy.value["type"] = nil
    if copy.value["apiVersion"] == nil { copy.value["apiVersion"] = "v2" }
    return copy
  }
}
