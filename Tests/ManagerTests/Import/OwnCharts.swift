import Document
import Foundation
import HelmEngine
import TestSupport

/// The charts in the checkout's `charts/`.
enum OwnCharts {
  static let directory = String(ControlPlane.script.dropLast("scripts/kube-cluster".count)) + "charts"

  static func load(_ name: String) throws -> Chart {
    let root = URL(filePath: directory).appending(path: name)
    guard let paths = FileManager.default.enumerator(atPath: root.path) else {
      throw Command.Failure("\(root.path) cannot be read")
    }
    var files: [ChartFile] = []
    for case let path as String in paths where !path.hasSuffix(".helmignore") {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isDirectory),
        !isDirectory.boolValue
      else { continue }
      files.append(ChartFile(path: path, contents: Array(try Data(contentsOf: root.appending(path: path)))))
    }
    return Chart(files: files.sorted { $0.path < $1.path })
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
