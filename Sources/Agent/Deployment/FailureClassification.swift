import Fleet
import HelmEngine

extension DeploymentFailure {
  /// Helm's and the API server's texts that Fleet takes for final (fleet-behaviour §5.6): the version counts as applied, but
  /// not installed, until another one comes.
  private static let finalPhrases = [
    "timed out waiting for the condition", "context deadline exceeded", "error validating data",
    "chart requires kubeVersion", "annotation validation error", "failed, and has been rolled back due to",
    "rolled back due to", "YAML parse error", "MalformedYAMLError", "unknown field",
    "Forbidden: updates to", "field is immutable",
  ]

  private static let unreachablePhrases = [
    "connection refused", "connection reset", "no such host", "i/o timeout", "TLS handshake timeout", "EOF",
    "server is currently unable to handle the request", "the server is shutting down", "etcdserver:",
    "no route to host",
    "apiserver not ready", "cluster unreachable", "http2: client connection lost",
  ]

  /// What an error means for the next attempt.
  init(_ error: any Error) {
    switch error {
    case let failure as DeploymentFailure: self = failure
    case let error as FleetError: self.init(fleet: error)
    case let error as HelmError: self.init(helm: error)
    case let error as AgentError: self.init(kind: .transient, message: error.message)
    case is CancellationError: self.init(kind: .transient, message: "the agent is stopping")
    default: self.init(kind: .transient, message: "\(error)")
    }
  }

  private init(fleet error: FleetError) {
    // A kind that the cluster does not know today may be there tomorrow; a file stays as it is.
    let kind: Kind = error.code == .unknownKind ? .transient : .final
    self.init(kind: kind, message: "\(error)")
  }

  private init(helm error: HelmError) {
    let text = error.message
    // The API server did answer where it is a webhook behind it that does not.
    let isOutage = error.code == .clusterUnreachable || Self.unreachablePhrases.contains(where: text.contains)
    if isOutage, !text.contains("failed calling webhook") {
      self.init(kind: .unreachable, message: text)
    } else if Self.finalPhrases.contains(where: text.contains) {
      self.init(kind: .notInstalled, message: text)
    } else {
      self.init(kind: .transient, message: text)
    }
  }
}
