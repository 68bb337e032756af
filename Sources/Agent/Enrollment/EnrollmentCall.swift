import Fleet
import Logging
import Wire

/// Asks a manager to enrol a key, as often as it takes.
struct EnrollmentCall: Sendable {
  let registration: RegistrationValues
  let managerKey: CurvePublicKey
  let keyPair: CurveKeyPair
  let logger: Logger

  /// Enrols, and says what the agent is on its manager.
  ///
  /// - Parameter failed: is told of every failure, and throws where there is no point in going on.
  /// - Throws: `CancellationError`, and what `failed` throws.
  func enroll(
    clientID: String, labels: [String: String], agentVersion: String, kubernetesVersion: String,
    failed: @Sendable (RPCError, EnrollmentAttempt.Next) throws -> Void = { _, _ in }
  ) async throws -> EnrollmentRecord {
    let request = EnrollRequest(
      tokenId: registration.token.id, tokenSecret: registration.token.secret, clientId: clientID,
      labels: labels.sorted { $0.key < $1.key }.map { Label(key: $0.key, value: $0.value) },
      agentVersion: agentVersion, kubernetesVersion: kubernetesVersion)
    let response = try await answer(to: request, failed)
    return EnrollmentRecord(
      clusterNamespace: response.clusterNamespace, clusterName: response.clusterName, managerPublicKey: managerKey,
      endpoints: registration.managerEndpoints)
  }

  private func answer(
    to request: EnrollRequest, _ failed: @Sendable (RPCError, EnrollmentAttempt.Next) throws -> Void
  ) async throws -> EnrollResponse {
    let client = BusClient(
      configuration: BusClientConfiguration(endpoints: registration.managerEndpoints, serverKey: managerKey),
      keyPair: keyPair, logger: logger)
    var attempt = EnrollmentAttempt()
    while true {
      do {
        return try await client.withConnection { channel in
          try await channel.unary(Enrollment.enroll, request, deadline: AgentLimits.enrollmentDeadline)
        }
      } catch {
        try Task.checkCancellation()
        let failure = error as? RPCError ?? RPCError(.unknown, "\(error)")
        let next = attempt.failed(failure, endpoints: registration.managerEndpoints) { Double.random(in: 0..<1) }
        if let message = next.message {
          logger.warning("\(message)", metadata: ["next": "\(next.pause)"])
        }
        try failed(failure, next)
        try await Task.sleep(for: next.pause)
      }
    }
  }
}

extension RegistrationValues {
  /// The key that the token says the manager has.
  var managerKey: CurvePublicKey {
    get throws(AgentError) {
      do throws(WireError) {
        return try CurvePublicKey(base64URL: token.managerPublicKey)
      } catch {
        throw AgentError(.registration, "the token's manager key cannot be used: \(error.message)", cause: error)
      }
    }
  }
}
