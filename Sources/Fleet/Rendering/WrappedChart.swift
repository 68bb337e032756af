import Document

/// The chart that is installed: finished manifests under the metadata and values of the original, so that Helm's history
/// shows the original chart (fleet-behaviour §5.4; design §7).
public enum WrappedChart {
  /// The file that holds the manifests.
  public static let manifestPath = "templates/fleet-manifests.yaml"

  /// The chart's files. Helm renders the manifests to what they are: template delimiters in them are taken literally.
  public static func files(metadata: Value, objects: [Value]) -> [ChartFile] {
    var metadata = metadata
    // The dependencies are rendered already; Helm would ask for their charts.
    metadata["dependencies"] = nil
    return [
      ChartFile(path: "Chart.yaml", bytes: Array(YAML.emit(metadata).utf8)),
      ChartFile(path: manifestPath, bytes: Array(escape(YAML.emit(objects)).utf8)),
    ]
  }

  /// A text that Helm's template engine renders to itself.
  static func escape(_ text: String) -> String {
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    result.reserveCapacity(bytes.count)
    let replacement = Array(#"{{ "{{" }}"#.utf8)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "{"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "{") {
        result += replacement
        index += 2
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
