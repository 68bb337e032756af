/// Where a bundle's chart comes from (fleet-behaviour §2.5).
public enum ChartSource: Sendable, Hashable {
  /// The bundle names no chart: its files are what they are.
  case none
  /// A directory of the bundle, relative to it; empty for the bundle's own.
  case local(String)
  /// A chart from elsewhere, which has to be supplied.
  case external(ChartRequest)

  /// Decides where a chart comes from: from elsewhere if `repo` is set or `chart` is not in the tree.
  init(_ helm: HelmOptions, index: TreeIndex, bundle: String) throws(FleetError) {
    guard helm.repo.isEmpty else {
      self = .external(
        ChartRequest(chart: helm.chart, repo: helm.repo, version: helm.version, path: Paths.display(bundle)))
      return
    }
    guard !helm.chart.isEmpty else {
      self = .none
      return
    }
    if ChartSource.isAddress(helm.chart) {
      self = .external(ChartRequest(chart: helm.chart, repo: "", version: helm.version, path: Paths.display(bundle)))
      return
    }
    guard let path = Paths.resolve(helm.chart) else {
      throw FleetError(
        .invalidTree,
        "the chart \(helm.chart) lies outside the bundle's directory \(Paths.display(bundle));"
          + " move it below, or fetch it with helm.repo", key: "helm.chart")
    }
    guard let found = try index.resolve(Paths.join(bundle, path), within: bundle) else {
      throw FleetError(
        .chartUnavailable,
        "there is no directory \(helm.chart) in the bundle's directory \(Paths.display(bundle)), and no helm.repo to fetch a"
          + " chart of this name from", key: "helm.chart")
    }
    guard index.isDirectory(found.node), index.child(of: found.node, named: "Chart.yaml") != nil else {
      throw FleetError(
        .invalidDocument, "\(helm.chart) is not the directory of a chart: it has no Chart.yaml",
        file: Paths.join(bundle, path), key: "helm.chart")
    }
    self = .local(path)
  }

  /// Whether this is an address as Fleet knows them: a URL, a forced getter (`git::`), a well-known host, or scp's form.
  private static func isAddress(_ chart: String) -> Bool {
    if chart.contains("://") || chart.contains("::") { return true }
    if ["github.com/", "gitlab.com/", "bitbucket.org/"].contains(where: { chart.hasPrefix($0) }) { return true }
    guard let at = chart.firstIndex(of: "@"), let colon = chart.firstIndex(of: ":") else { return false }
    return at < colon && !chart[..<colon].contains("/")
  }

  /// What has to be supplied; nil for charts of the repository.
  var request: ChartRequest? {
    guard case .external(let request) = self else { return nil }
    return request
  }
}
