import Document
import Fleet
import Logging

/// Finds out whether live objects are as they were deployed: from the API server's book of who wrote which field, and where that
/// does not settle it, by a dry run (fleet-behaviour §5.7, §5.8).
struct DriftComparer: Sendable {
  /// The cluster with the rights that a bundle is deployed with; an empty account has those of a bundle that names none.
  typealias Rights = @Sendable (_ serviceAccount: String) async throws -> any ClusterAPI

  /// One object to be compared.
  struct Question: Sendable {
    /// What is known of the object.
    var object: LiveObject
    /// The object itself where it is at hand.
    var live: Value?
    /// What was deployed.
    var wanted: Value
  }

  /// What came of a question.
  struct Answer: Sendable {
    /// The object as it was compared: a newer one than was asked about where that had changed meanwhile.
    var object: LiveObject
    var comparison: LiveObject.Comparison
  }

  /// The cluster with the agent's own rights.
  let cluster: any ClusterAPI
  let rights: Rights
  /// Under which name Helm applies fields in this process.
  let helmFieldManager: String
  let logger: Logger

  /// Compares objects of one release, a few at a time.
  ///
  /// - Throws: `DeploymentFailure` when the cluster does not answer: then nothing is known of any of them.
  func answer(
    _ questions: [Question], rules: DriftRules, serviceAccount: String,
    describe: @escaping @Sendable (Value) -> LiveObject?
  ) async throws -> [Answer] {
    let asker = Asker(comparer: self, rules: rules, serviceAccount: serviceAccount, describe: describe)
    return try await withThrowingTaskGroup(of: Answer.self) { group in
      var waiting = questions.makeIterator()
      for _ in 0..<AgentLimits.concurrentComparisons {
        guard let question = waiting.next() else { break }
        group.addTask { try await asker.ask(question) }
      }
      var answers: [Answer] = []
      while let answer = try await group.next() {
        answers.append(answer)
        if let question = waiting.next() { group.addTask { try await asker.ask(question) } }
      }
      return answers
    }
  }

  private struct Asker: Sendable {
    let comparer: DriftComparer
    let rules: DriftRules
    let serviceAccount: String
    let describe: @Sendable (Value) -> LiveObject?

    func ask(_ question: Question) async throws -> Answer {
      let identity = question.object.identity
      var answer = Answer(object: question.object, comparison: .same)
      var live = question.live
      guard !rules.ignores(identity) else {
        if let described = live.flatMap(describe) { answer.object = described }
        return answer
      }
      for _ in 0..<AgentLimits.comparisonAttempts {
        if live == nil { live = try await comparer.cluster.object(identity) }
        // Whoever looks for missing objects sees that it is gone.
        guard let object = live, let described = describe(object) else { return answer }
        answer.object = described
        let wanted = DriftComparison.wanted(question.wanted)
        if FieldOwnership.isUnchanged(wanted, in: object, manager: comparer.helmFieldManager) { return answer }
        guard let comparison = try await compare(object, with: wanted, identity) else {
          live = nil
          continue
        }
        answer.comparison = comparison
        return answer
      }
      // It changes all the time. The next change asks again.
      answer.comparison = .unknown
      return answer
    }

    /// Nil when the object changed under way.
    private func compare(
      _ live: Value, with wanted: Value, _ identity: ObjectIdentity
    ) async throws -> LiveObject.Comparison? {
      let rights = try await comparer.rights(serviceAccount)
      switch try await rights.dryRun(wanted, of: identity) {
      case .applied(let applied):
        let isSame = ["uid", "resourceVersion"].allSatisfy { applied.at("metadata", $0) == live.at("metadata", $0) }
        guard isSame else { return nil }
        guard var patch = DriftComparison.patch(live: live, applied: applied, of: identity, rules: rules) else {
          return .same
        }
        if DriftComparison.setsReplicas(patch), try await isScaled(identity) {
          guard
            let rest = DriftComparison.patch(
              live: live, applied: applied, of: identity, rules: rules, ignoresReplicas: true)
          else { return .same }
          patch = rest
        }
        return differs(patch, live, identity)
      case .refused(let reason):
        comparer.logger.debug(
          "the API server would not apply what was deployed",
          metadata: ["object": "\(identity.text)", "reason": "\(reason)"])
        guard let patch = DriftComparison.patch(live: live, refused: wanted, of: identity, rules: rules) else {
          return unknown(identity, reason)
        }
        return differs(patch, live, identity)
      case .disturbed, .absent: return nil
      case .impossible(let reason): return unknown(identity, reason)
      }
    }

    private func differs(_ patch: Value, _ live: Value, _ identity: ObjectIdentity) -> LiveObject.Comparison {
      let writer = FieldOwnership.lastWriter(of: live, besides: comparer.helmFieldManager) ?? ""
      return .differs(patch: DriftPatch.text(patch, of: identity), writer: writer)
    }

    private func unknown(_ identity: ObjectIdentity, _ reason: String) -> LiveObject.Comparison {
      comparer.logger.notice(
        "the API server cannot say whether an object is as it was deployed: it is taken to be",
        metadata: ["object": "\(identity.text)", "reason": "\(reason)"])
      return .unknown
    }

    private func isScaled(_ identity: ObjectIdentity) async throws -> Bool {
      // This version is there on every server, and shows autoscalers that were written in a newer one too.
      let autoscalers = try await comparer.cluster.objects(
        ObjectType(apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler"), namespace: identity.namespace,
        labels: [:])
      return autoscalers.objects.contains { DriftComparison.scales($0, identity) }
    }
  }
}
