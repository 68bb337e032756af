import Document
import Fleet
import Wire

/// Decides whether an agent may join, and as which cluster (fleet-behaviour §6.2, design §8). A value without I/O.
enum EnrollmentPolicy {
  /// What is decided.
  enum Decision: Equatable, Sendable {
    /// The agent joins as this cluster, with these labels.
    case join(cluster: ObjectName, labels: [String: String])
    /// Somebody has to approve it first.
    case wait(labels: [String: String])
    /// It does not; `detail` is for the manager's log, `message` for the agent, which learns no more than it must.
    case refuse(StatusCode, as: TrustMetrics.Enrollment, message: String, detail: String)
  }

  /// What there is of the cluster that would be joined.
  struct Existing: Equatable, Sendable {
    /// The Cluster with the client id, if there is one.
    var cluster: ObjectName?
    /// Why its agents are revoked; nil while they are not.
    var revocation: String?
  }

  /// Decides on a request.
  ///
  /// - Parameters:
  ///   - token: the token that the request names.
  ///   - existing: the cluster that has its client id.
  ///   - caller: the cluster that the key which asks is enrolled as, if any.
  ///   - requiresApproval: whoever joins has to be approved, whatever the token says.
  static func decide(
    _ request: EnrollRequest, token: JoinTokenRecord?, existing: Existing, caller: ObjectName?,
    requiresApproval: Bool = false,
    now: Timestamp
  ) -> Decision {
    guard let token, token.accepts(secret: request.tokenSecret) else {
      return .refuse(
        .permissionDenied, as: .wrongToken,
        message:
          "the registration token is unknown or was revoked; take the values of a ClusterRegistrationToken's Secret anew",
        detail: token == nil
          ? "no token has the id that was given"
          : "the secret is not that of the token \(token?.token.description ?? "")")
    }
    if let expires = token.expires, expires <= now {
      return .refuse(
        .permissionDenied, as: .expired,
        message:
          "the registration token \(token.token) expired at \(expires), and it is \(now) on the manager; create a new one",
        detail: "token \(token.token) expired at \(expires)")
    }
    if let only = token.clientID, only != request.clientId {
      return .refuse(
        .permissionDenied, as: .wrongToken,
        message: "the registration token \(token.token) is for another cluster; take the values of a token of your own",
        detail: "token \(token.token) is for one client id, and another asked")
    }
    switch labels(of: request) {
    case .failure(let problem):
      return .refuse(.invalidArgument, as: .invalid, message: problem.message, detail: problem.message)
    case .success(var labels):
      let cluster =
        existing.cluster
        ?? ObjectName(namespace: token.token.namespace, name: Names.registeredCluster(clientID: request.clientId))
      if existing.revocation != nil {
        return .refuse(
          .permissionDenied, as: .revoked,
          message:
            "the cluster \(cluster) is revoked; whoever runs the manager can undo that (flotilla agent revoke --undo)",
          detail: "cluster \(cluster) is revoked")
      }
      if let own = caller, own != cluster {
        return .refuse(
          .permissionDenied, as: .invalid,
          message: "this key is the cluster \(own)'s already; another cluster's agent takes an empty state directory",
          detail: "a key of cluster \(own) wants to be \(cluster), too")
      }
      if token.isUsedUp {
        return .refuse(
          .permissionDenied, as: .usedUp,
          message:
            "the registration token \(token.token) has been used as often as it may be (\(token.maxUses ?? 0)); create a new one",
          detail: "token \(token.token) is used up")
      }
      // A token for one client id is the manager's own, for a cluster that somebody gave it the kubeconfig of.
      let isApproved = token.clientID != nil || !requiresApproval
      if !isApproved || token.requiresApproval { return .wait(labels: labels) }
      labels[FleetLabels.cluster] = Names.labelValue(cluster.name)
      return .join(cluster: cluster, labels: labels)
    }
  }

  /// The labels that a request brings, without those that are not the agent's to give.
  private static func labels(of request: EnrollRequest) -> Result<[String: String], ManagerError> {
    guard !request.clientId.isEmpty, request.clientId.utf8.count <= 253 else {
      return .failure(
        ManagerError(.invalid, "the client id must have 1 to 253 characters; set clientID in the values"))
    }
    for label in request.labels {
      if let problem = LabelSyntax.problem(key: label.key, value: label.value) {
        return .failure(ManagerError(.invalid, "labels: \(problem)"))
      }
    }
    let labels = Dictionary(request.labels.map { ($0.key, $0.value) }) { $1 }
    return .success(
      labels.filter { !$0.key.hasPrefix("management.cattle.io/") && !$0.key.hasPrefix(FleetLabels.prefix) })
  }
}
