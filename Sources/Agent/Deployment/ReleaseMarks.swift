import Fleet
import HelmEngine

/// By what the agent knows its own releases again, beside ``ReleaseAnnotations``: labels on Helm's record, which are found
/// without reading the releases, and an annotation that says which version a release is, so that a crash between the
/// installation and its note does not install twice.
enum ReleaseMarks {
  /// The id of the version, an annotation of the release's chart.
  static let deploymentID = "flotilla.io/deployment-id"
  /// The hash of what was copied beside the version, an annotation of the release's chart.
  static let copies = "flotilla.io/copies"
  /// The agent, a label of Helm's record.
  static let scopeLabel = "flotilla.io/agent"

  /// Under which name Helm's library applies fields: it takes that of the program in which it works.
  static func fieldManager(worker: HelmWorkerCommand?) -> String {
    let program = worker?.executable ?? CommandLine.arguments.first ?? ""
    return String(program.split(separator: "/").last ?? "")
  }

  /// A text that names one agent on its cluster: what it is called on its manager.
  static func scope(cluster: String) -> String { Names.keyHash(cluster) }

  /// The labels of Helm's records.
  static func labels(scope: String) -> [String: String] { [scopeLabel: scope] }

  /// Selects Helm's records of this agent's releases.
  static func selector(scope: String) -> [String: String] { ["owner": "helm", scopeLabel: scope] }
}
