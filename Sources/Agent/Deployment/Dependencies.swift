import Document
import Fleet

/// Whether what a deployment depends on is in an accepted state (fleet-behaviour §5.3).
enum Dependencies {
  /// Another deployment of the cluster, as far as dependencies see it.
  struct Candidate: Sendable {
    var name: String
    var labels: [String: String]
    var state: BundleState
  }

  /// Why the deployment has to wait; nil when it need not.
  static func obstacle(of brief: DeploymentBrief, among candidates: [Candidate]) -> DeploymentFailure? {
    var pending: [String] = []
    for dependency in brief.dependsOn {
      let labels = dependency.labels(bundleNamespace: brief.bundleNamespace)
      let matching = candidates.filter { candidate in
        labels.allSatisfy { candidate.labels[$0.key] == $0.value }
          && dependency.selector?.matches(candidate.labels) != false
      }
      guard !matching.isEmpty else {
        let text = selectorText(labels, dependency)
        return DeploymentFailure(
          kind: .dependency,
          message: "list bundledeployments: no bundles matching labels \(text) in namespace \(brief.bundleNamespace)")
      }
      pending += matching.filter { !dependency.accepts($0.state) }.map(\.name)
    }
    guard !pending.isEmpty else { return nil }
    let names = Set(pending).sorted().joined(separator: " ")
    return DeploymentFailure(kind: .dependency, message: "dependent bundle(s) are not ready: [\(names)]")
  }

  private static func selectorText(_ labels: [String: String], _ dependency: DependsOn) -> String {
    var parts = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    if let selector = dependency.selector, !selector.selector.isEmpty { parts.append(selector.selector.description) }
    return parts.joined(separator: ",")
  }
}
