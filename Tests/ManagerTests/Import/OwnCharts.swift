import Document
import HelmEngine
import TestSupport

/// The charts that Flotilla is installed with, rendered by Helm.
enum OwnCharts {
  static func load(_ name: String) throws -> Chart {
    Chart(files: try OwnChartFiles.read(name).sorted { $0.key < $1.key }.map { ChartFile(path: $0, contents: $1) })
  }

  /// What the decoded `values` key of a token's Secret holds.
  static let registration = """
    clusterNamespace: fleet-default
    managerEndpoints:
    - tcp://manager.example.com:5671
    managerPublicKey: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    token: flotilla1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.some-id.0123456789abcdef0123
    tokenName: new-token
    systemRegistrationNamespace: cattle-fleet-clusters-system

    """

  /// A chart's objects by kind, `ClusterRole` for example.
  static func render(
    _ name: String, values: String, namespace: String = "cattle-fleet-system", isUpgrade: Bool = false,
    apiVersions: [String] = []
  ) async throws -> [String: [Value]] {
    var options = RenderOptions()
    options.isUpgrade = isUpgrade
    let rendered = try await HelmEngine().render(
      chart: try load(name), values: try YAML.parse(values).first ?? [:],
      release: ReleaseIdentity(name: name, namespace: namespace),
      capabilities: KubernetesCapabilities(version: "v1.31.0", apiVersions: apiVersions), options: options)
    let objects = try YAML.parse(rendered.manifests).filter { !$0.isNull }
    return Dictionary(grouping: objects) { $0["kind"]?.string ?? "" }
  }
}
