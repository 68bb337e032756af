@testable import Fleet

/// Trees and results that many building tests share.
enum TestTrees {
  static let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

  static func build(
    _ files: [String: String], links: [String: String] = [:], paths: [String] = [],
    options: BuildOptions = BuildOptions(),
    charts: SuppliedCharts = [:]
  ) -> BuildResult {
    BundleBuilder.build(
      repository: "repo", tree: InMemorySourceTree(files, links: links), paths: paths, options: options, charts: charts)
  }
}

extension BuildResult {
  /// Names and how many resources each has.
  var shape: [String: Int] {
    Dictionary(uniqueKeysWithValues: bundles.map { ($0.metadata.name, $0.spec.resources.count) })
  }

  func bundle(_ name: String) -> Bundle? { bundles.first { $0.metadata.name == name } }
}

extension Bundle {
  var resourceNames: [String] { spec.resources.map(\.name) }
}
