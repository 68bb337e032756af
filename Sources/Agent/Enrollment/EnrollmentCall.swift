import Fleet
import Logging
import Wire

/// An agent that has just enrolled.
struct Enrolled: Sendable {
  /// What it is on its manager.
  var record: EnrollmentRecord
  /// The connection that it enrolled over, which its first session can go on with: a handshake takes both sides more time than all
  /// else of an enrolment.
  let connection: BusConnection
}

/// Asks a manager to enrol a key, as often as it takes.
struct EnrollmentCall: Sendable {
  let registration: RegistrationValues
  let managerKey: CurvePublicKey
  let keyPair: CurveKeyPair
  let logger: Logger

  /// Enrols.
  ///
  /// - Parameter failed: is told of every failure, and throws where there is no point in going on.
  /// - Throws: `CancellationError`, and what `failed` throws.
  func enroll(
    clientID: String, labels: [String: String], agentVersion: String, kubernetesVersion: String,
    failed: @Sendable (RPCError, EnrollmentAttempt.Next) throws -> Void = { _, _ in }
  ) async throws -> Enrolled {
    let request = EnrollRequest(
      tokenId: registration.token.id, tokenSecret: registration.token.secret, clientId: clientID,
      labels: labels.sorted { $0.key < $1.key }.map { Label(key: $0.key, value: $0.value) },
      agentVersion: agentVersion, kubernetesVersion: kubernetesVersion, acceptsWaiting: true)
    var pause = AgentLimits.approvalPoll.first
    var isWaiting = false
    var isClockChecked = false
    while true {
      let answer = try await answer(to: request, failed)
      let response = answer.response
      if !isClockChecked, let problem = ClockCheck.problem(manager: response.timeMs) { logger.warning("\(problem)") }
      isClockChecked = true
      guard !response.pending.isEmpty else {
        var record = EnrollmentRecord(
          clusterNamespace: response.clusterNamespace, clusterName: response.clusterName,
          managerPublicKey: answer.managerKey, endpoints: registration.managerEndpoints)
        record.nextManagerKey = try? CurvePublicKey(bytes: response.nextManagerKey)
        return Enrolled(record: record, connection: answer.connection)
      }
      answer.connection.close()
      if !isWaiting {
        logger.notice(
          "waiting for an approval, then this goes on by itself: on the manager, `flotilla agent approve \(response.pending)`",
          metadata: ["registration": "\(response.pending)", "key": "\(keyPair.publicKey.base64URL)"])
      }
      isWaiting = true
      try await Task.sleep(for: pause)
      pause = min(pause * 2, AgentLimits.approvalPoll.last)
    }
  }

  private struct Answer: Sendable {
    let response: EnrollResponse
    /// The key that the manager proved.
    let managerKey: CurvePublicKey
    let connection: BusConnection
  }

  private func answer(
    to request: EnrollRequest, _ failed: @Sendable (RPCError, EnrollmentAttempt.Next) throws -> Void
  ) async throws -> Answer {
    var attempt = EnrollmentAttempt()
    // The token's key, or the one that the manager is changing to.
    var expected = managerKey
    let other = try? CurvePublicKey(base64URL: registration.nextManagerPublicKey)
    while true {
      let client = BusClient(
        configuration: BusClientConfiguration(endpoints: registration.managerEndpoints, serverKey: expected),
        keyPair: keyPair, logger: logger)
      do {
        let connection = try await client.open()
        let response = try await connection.use { channel in
          try await channel.unary(Enrollment.enroll, request, deadline: AgentLimits.enrollmentDeadline)
        }
        return Answer(response: response, managerKey: expected, connection: connection)
      } catch {
        try Task.checkCancellation()
        let failure = error as? RPCError ?? RPCError(.unknown, "\(error)")
        if failure.code == .unauthenticated, let other, expected == managerKey {
          expected = other
          continue
        }
        expected = managerKey
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
