import Document

/// The dependencies that a chart of the repository declares.
enum ChartDependencies {
  /// Checks that every dependency lies in the chart's `charts/`, as a directory or an archive.
  ///
  /// - Parameters:
  ///   - bytes: a Chart.yaml or requirements.yaml.
  ///   - file: its path in the repository, for messages.
  ///   - charts: the chart's `charts` directory, relative to the bundle.
  ///   - names: all files of the bundle.
  /// - Throws: ``FleetError`` with code `invalidDocument`, or `chartUnavailable` that names the dependency.
  static func check(_ bytes: [UInt8], file: String, charts: String, names: [String]) throws(FleetError) {
    let documents: [Value]
    do {
      documents = try YAML.parse(bytes, file: file, limits: DocumentLimits(bytes: Limits.configurationBytes))
    } catch {
      throw FleetError(
        .invalidDocument, error.message, file: file, line: error.line > 0 ? error.line : nil, cause: error)
    }
    for dependency in documents.first?["dependencies"]?.array ?? [] {
      guard let name = dependency["name"]?.string, !name.isEmpty else { continue }
      let prefix = "\(charts)/\(name)"
      let isThere = names.contains { path in
        path.hasPrefix(prefix + "/") || (path.hasPrefix(prefix + "-") && path.hasSuffix(".tgz"))
      }
      guard !isThere else { continue }
      let version = dependency["version"]?.string.map { " " + $0 } ?? ""
      let repository = dependency["repository"]?.string.map { " from \($0)" } ?? ""
      throw FleetError(
        .chartUnavailable,
        "the chart depends on \(name)\(version)\(repository), which is not in \(charts)/, and this"
          + " version of Flotilla does not fetch dependencies; run `helm dependency update` and commit \(charts)/",
        file: file, key: "dependencies")
    }
  }
}
