import Document
import Fleet
import Logging
import Wire

/// The agent's key and enrolment, kept in a Secret of its own namespace besides the state directory: a pod whose state went
/// with its node comes back as the same cluster without a token.
///
/// The Secret is made by whoever installs the agent; the agent reads and fills it, and needs no right to make Secrets.
struct IdentitySecret: Sendable {
  private static let keyField = "agent.key"
  private static let enrollmentField = "enrollment"
  /// The id of the token that was in the values, which is no secret: another one in new values is a wish to join anew.
  private static let tokenField = "token-id"

  let identity: ObjectIdentity
  let cluster: any ClusterAPI
  /// The id of the values' token; empty where there is none.
  let tokenID: String
  let logger: Logger

  init(name: String, namespace: String, cluster: any ClusterAPI, tokenID: String, logger: Logger) {
    identity = ObjectIdentity(apiVersion: "v1", kind: "Secret", namespace: namespace, name: name)
    self.cluster = cluster
    self.tokenID = tokenID
    self.logger = logger
  }

  /// Fills a state directory that has no enrolment from the Secret, if that has one. Waits for the API server: without it
  /// nobody can say whether the agent has joined before.
  func restore(to state: AgentState) async throws {
    guard state.enrollment == nil else { return }
    var problem = ""
    while true {
      do {
        guard let kept = Self.read(try await cluster.object(identity)) else { return }
        guard tokenID.isEmpty || kept.tokenID == tokenID else {
          logger.notice("the values have another token than the one that the kept key joined with: joining anew")
          return
        }
        try await state.restore(key: kept.key, enrollment: kept.enrollment)
        logger.info("took the key from Secret \(identity.namespace)/\(identity.name)")
        return
      } catch let error as DeploymentFailure {
        if "\(error)" != problem {
          logger.warning("the Secret with the agent's key cannot be read: \(error); trying on")
        }
        problem = "\(error)"
      }
      try await Task.sleep(for: AgentLimits.identityInterval.first)
    }
  }

  /// Keeps the Secret like the state directory, until the task is cancelled.
  func keep(_ state: AgentState) async {
    var written: Kept?
    var problem = ""
    while !Task.isCancelled {
      var pause = AgentLimits.identityInterval.last
      do {
        if let key = try await state.keyFile(), let enrollment = state.enrollment {
          let current = Kept(key: key, enrollment: enrollment, tokenID: tokenID)
          if current != written { try await write(current) }
          written = current
          problem = ""
        }
      } catch {
        if Task.isCancelled { return }
        if "\(error)" != problem { logger.warning("the agent's key cannot be kept in a Secret: \(error); trying on") }
        problem = "\(error)"
        pause = AgentLimits.identityInterval.first
      }
      guard (try? await Task.sleep(for: pause)) != nil else { return }
    }
  }

  private func write(_ kept: Kept) async throws {
    guard let current = try await cluster.object(identity) else {
      throw AgentError(
        .cluster,
        "there is no Secret \(identity.namespace)/\(identity.name): make it with kubectl create secret generic -n"
          + " \(identity.namespace) \(identity.name)")
    }
    guard Self.read(current) != kept else { return }
    try await cluster.mergePatch(
      identity,
      [
        "data": [
          Self.keyField: .string(Base64.encode(kept.key)),
          Self.enrollmentField: .string(Base64.encode(JSON.encode(kept.enrollment.value))),
          Self.tokenField: .string(Base64.encode(Array(kept.tokenID.utf8))),
        ]
      ])
    logger.info("the agent's key is kept in Secret \(identity.namespace)/\(identity.name)")
  }

  private struct Kept: Sendable, Equatable {
    var key: [UInt8]
    var enrollment: EnrollmentRecord
    var tokenID: String
  }

  /// What a Secret holds; nil where that is no identity.
  private static func read(_ secret: Value?) -> Kept? {
    func field(_ name: String) -> [UInt8]? { secret?.at("data", name)?.string.flatMap { Base64.decode($0) } }
    guard let key = field(keyField), !key.isEmpty, let bytes = field(enrollmentField),
      let value = try? JSON.parse(bytes), let enrollment = EnrollmentRecord(value)
    else { return nil }
    return Kept(
      key: key, enrollment: enrollment, tokenID: String(decoding: field(tokenField) ?? [], as: UTF8.self))
  }
}
