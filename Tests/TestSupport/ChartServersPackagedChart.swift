import Foundation

/// A chart's `.tgz`, as `helm package` makes it.
public struct PackagedChart: Sendable {
  /// The chart's name.
  public let name: String
  /// The chart's version.
  public let version: String
  /// The archive's bytes.
  public let archive: Data

  /// The archive's name in a repository.
  public var fileName: String { "\(name)-\(version).tgz" }

  /// An archive of any bytes, a chart or not.
  public init(name: String, version: String, archive: Data) {
    self.name = name
    self.version = version
    self.archive = archive
  }

  /// Packs a chart of these files beside its `Chart.yaml`, which is made unless it is among them. Without files it has one
  /// ConfigMap that holds the value `greeting`.
  public static func make(name: String, version: String, files: [String: String] = [:]) async throws -> PackagedChart {
    let directory = try TemporaryDirectory.make("chart")
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var all = files.isEmpty ? sample : files
    all["Chart.yaml"] = all["Chart.yaml"] ?? "apiVersion: v2\nname: \(name)\nversion: \(version)\n"
    for (path, text) in all {
      let file = URL(filePath: "\(directory)/\(name)/\(path)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let archive = directory + "/chart.tgz"
    try await Command(["tar", "--sort=name", "-czf", archive, name], directory: directory).checked()
    return PackagedChart(name: name, version: version, archive: try Data(contentsOf: URL(filePath: archive)))
  }

  private static let sample = [
    "values.yaml": "greeting: hello\n",
    "templates/greeting.yaml": """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: {{ .Release.Name }}-greeting
    data:
      greeting: {{ .Values.greeting | quote }}
      version: {{ .Chart.Version | quote }}
    """,
  ]
}
