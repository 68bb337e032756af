import Document
import Fleet
import Wire

/// Decides whether an agent may join, and as which cluster (fleet-behaviour §6.2, design §8). A value without I/O.
enum EnrollmentPolicy {
  /// What is decided.
  enum Decision: Equatable, Sendable {
    /// The agent joins as this cluster, with these labels.
    case join(cluster: ObjectName, labels: [String: String])
    /// It does not; `detail` is for the manager's log, `message` for the agent, which learns no more than it must.
    case refuse(StatusCode, message: String, detail: String)
  }

  /// Decides on a request, given the token that it names and the cluster that has its client id, if any.
  static func decide(
    _ request: EnrollRequest, token: JoinTokenRecord?, existing: ObjectName?, now: Timestamp
  ) -> Decision {
    guard let token, token.accepts(secret: request.tokenSecret) else {
      return .refuse(
        .permissionDenied,
        message:
          "the registration token is unknown or was revoked; take the values of a ClusterRegistrationToken's Secret anew",
        detail: token == nil
          ? "no token has the id \(request.tokenId)" : "the secret is not that of token \(request.tokenId)")
    }
    if let expires = token.expires, expires <= now {
      return .refuse(
        .permissionDenied,
        message: "the registration token \(token.token) expired at \(expires); create a new one",
        detail: "token \(token.token) expired at \(expires)")
    }
    guard !request.clientId.isEmpty, request.clientId.utf8.count <= 253 else {
      return .refuse(
        .invalidArgument, message: "the client id must have 1 to 253 characters; set clientID in the values",
        detail: "a client id of \(request.clientId.utf8.count) bytes")
    }
    if let only = token.clientID, only != request.clientId {
      return .refuse(
        .permissionDenied,
        message: "the registration token \(token.token) is for another cluster; take the values of a token of your own",
        detail: "token \(token.token) is for one client id, and another asked")
    }
    for label in request.labels {
      if let problem = LabelSyntax.problem(key: label.key, value: label.value) {
        return .refuse(.invalidArgument, message: "labels: \(problem)", detail: problem)
      }
    }
    var labels = Dictionary(request.labels.map { ($0.key, $0.value) }) { $1 }
    labels = labels.filter { !$0.key.hasPrefix("management.cattle.io/") && !$0.key.hasPrefix(FleetLabels.prefix) }
    let cluster =
      existing
      ?? ObjectName(namespace: token.token.namespace, name: Names.registeredCluster(clientID: request.clientId))
    labels[FleetLabels.cluster] = Names.labelValue(cluster.name)
    return .join(cluster: cluster, labels: labels)
  }
}

/// What Kubernetes accepts as a label.
enum LabelSyntax {
  /// What is wrong with a label; nil when nothing is.
  static func problem(key: String, value: String) -> String? {
    let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.last.map(String.init) ?? ""
    if !isName(name) || (parts.count == 2 && !Names.isValidObjectName(String(parts[0]))) {
      return
        "the key '\(key.prefix(80))' is not a label key (an optional DNS prefix and /, then up to 63 of [A-Za-z0-9._-])"
    }
    if !value.isEmpty, !isName(value) {
      return
        "the value of '\(key)' is not a label value (up to 63 of [A-Za-z0-9._-], beginning and ending with a letter or digit)"
    }
    return nil
  }

  private static func isName(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
  }
}
