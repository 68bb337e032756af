import Fleet
import Logging
import Wire

/// Enrols the agent with its token: once, for ever. The key pair is the agent's own, and its secret half never travels.
struct Enroller: Sendable {
  let state: AgentState
  let cluster: any ClusterAPI
  let agentVersion: String
  let logger: Logger

  /// What the agent is on its manager: as the state directory says, or as the manager says now, with the connection that it said so
  /// over. Tries until it succeeds.
  ///
  /// - Throws: `AgentError` with `registration` when the values cannot be meant for this state directory, or have no token
  ///   while there is no enrolment; `CancellationError`.
  func enrollment(
    values: AgentValues
  ) async throws -> (record: EnrollmentRecord, connection: BusConnection?) {
    if let record = state.enrollment { return (try await known(record, values: values), nil) }
    guard let registration = values.registration else {
      throw AgentError(
        .registration,
        "the values have no token, and the state directory \(state.directory) is not enrolled: take the `values` key of a"
          + " registration token's Secret")
    }
    let managerKey = try registration.managerKey
    let keyPair = try await state.keyPair()
    let enrolled = try await EnrollmentCall(
      registration: registration, managerKey: managerKey, keyPair: keyPair, logger: logger
    ).enroll(
      clientID: try await clientID(registration), labels: registration.labels, agentVersion: agentVersion,
      kubernetesVersion: (try? await cluster.version()) ?? "")
    let record = enrolled.record
    try await state.save(record)
    logger.info(
      "enrolled; the token is not needed again, and may be taken out of the values",
      metadata: ["cluster": "\(record.cluster)"])
    return (record, enrolled.connection)
  }

  /// The values may name new endpoints of the same manager, but not another manager.
  private func known(_ record: EnrollmentRecord, values: AgentValues) async throws -> EnrollmentRecord {
    if let registration = values.registration, !record.isOfManager(try registration.managerKey) {
      throw AgentError(
        .registration,
        "the state directory \(state.directory) belongs to \(record.cluster) on a manager with another key than the values'"
          + " token: choose another state directory for another manager")
    }
    guard !values.managerEndpoints.isEmpty, values.managerEndpoints != record.endpoints else { return record }
    var changed = record
    changed.endpoints = values.managerEndpoints
    try await state.save(changed)
    return changed
  }

  /// By what the manager knows the cluster again: its kube-system namespace stays what it is for the cluster's life.
  private func clientID(_ registration: RegistrationValues) async throws -> String {
    guard registration.clientID.isEmpty else { return registration.clientID }
    let identity = ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: "kube-system")
    var wasSaid = false
    while true {
      let reason: String
      do {
        if let uid = try await cluster.object(identity)?.at("metadata", "uid")?.string, !uid.isEmpty { return uid }
        reason = "it has no namespace kube-system; set clientID in the values"
      } catch {
        try Task.checkCancellation()
        reason =
          "\(error); if that stays so, look at the agent's kubeconfig (or service account), which has to see the namespace"
          + " kube-system, or set clientID in the values"
      }
      if !wasSaid { logger.warning("waiting for the cluster's API server", metadata: ["error": "\(reason)"]) }
      wasSaid = true
      try await Task.sleep(for: .seconds(2))
    }
  }
}
