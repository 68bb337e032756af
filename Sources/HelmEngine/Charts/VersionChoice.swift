import CHelm
import Document

/// Picks the version of a chart as Helm does: the very one that is named, else the newest that meets the constraint.
struct VersionChoice {
  private static let template = """
    {{ range .Values.versions }}{{ if semverCompare $.Values.constraint . }}{{ . }}{{ break }}{{ end }}{{ end }}
    """

  let library: HelmLibrary
  let failure: PullFailure

  /// - Parameters:
  ///   - version: a version, a constraint, or empty for the newest that is no pre-release.
  ///   - entries: from the newest to the oldest.
  /// - Throws: `HelmError` with `chartNotFound`, or `invalidArgument` for what is neither.
  func choose(_ version: String, among entries: [RepositoryIndex.Entry]) throws -> RepositoryIndex.Entry {
    if !version.isEmpty, let exact = entries.first(where: { $0.version == version }) { return exact }
    // Sprig's function for constraints is that of Helm's own library.
    let chart = try library.chart(
      Chart(files: [
        ChartFile(path: "Chart.yaml", text: "apiVersion: v2\nname: versions\nversion: 0.0.0\n"),
        ChartFile(path: "templates/choice", text: Self.template),
      ]), doing: "choosing a version")
    defer { library.release(chart) }
    let values: Value = [
      "constraint": .string(version.isEmpty ? "*" : version), "versions": Value(entries.map(\.version)),
    ]
    let output: Value
    do {
      output = try LibraryText.decoded(
        library.call("") { chelm_render($0, 0, chart, JSON.string(values), "") }, doing: "choosing a version")
    } catch let error as HelmError {
      throw failure.error(error.message)
    }
    let chosen = output.object?.values.first?.string ?? ""
    guard let entry = entries.first(where: { $0.version == chosen }) else {
      throw failure.missingVersion(among: entries.map(\.version))
    }
    return entry
  }
}
