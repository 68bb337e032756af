import CHelm

extension HelmError {
  /// Makes an error of what the library returned while we were `doing` something; an empty `doing` adds nothing.
  init(libraryCode: Int32, text: String, doing: String) {
    self.init(
      code: Self.code(libraryCode: Int(libraryCode), text: text), message: doing.isEmpty ? text : "\(doing): \(text)")
  }

  /// The library's codes are coarse; Helm has no others for what its text alone tells.
  private static func code(libraryCode: Int, text: String) -> Code {
    switch libraryCode {
    case CHELM_INVALID_ARGUMENT: return .invalidArgument
    // We never cancel: the library also reports a deadline that passed under this code.
    case CHELM_CANCELLED: return .timeout
    case CHELM_NOT_FOUND: return .releaseNotFound
    case CHELM_CHART_LOAD, CHELM_CHART_INVALID: return .invalidChart
    case CHELM_VALUES: return .invalidValues
    case CHELM_RENDER: return .renderFailed
    case CHELM_KUBERNETES: return .clusterUnreachable
    default: return phrases.first { text.contains($0.phrase) }?.code ?? .other
    }
  }

  private static let phrases: [(phrase: String, code: Code)] = [
    ("another operation (install/upgrade/rollback) is in progress", .operationInProgress),
    ("cannot reuse a name that is still in use", .conflict),
    ("cannot re-use a name that is still in use", .conflict),
    ("invalid ownership metadata", .conflict),
    ("conflict occurred while applying", .conflict),
    ("already exists", .conflict),
    ("has no deployed releases", .releaseNotFound),
    ("release: not found", .releaseNotFound),
    ("release has no", .releaseNotFound),
    ("invalid release name", .invalidArgument),
    ("invalid chart name", .invalidChart),
    ("Request entity too large", .invalidChart),
    ("YAML parse error on", .renderFailed),
    ("chart requires kubeVersion", .invalidChart),
    ("validation: chart.metadata", .invalidChart),
    ("values don't meet the specifications of the schema", .invalidValues),
    ("execution error at", .renderFailed),
    ("parse error at", .renderFailed),
    ("timed out waiting for the condition", .timeout),
    ("context deadline exceeded", .timeout),
    ("connection refused", .clusterUnreachable),
    ("cluster unreachable", .clusterUnreachable),
  ]
}
