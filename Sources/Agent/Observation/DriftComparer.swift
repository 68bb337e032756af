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

  /// What came of a question, in full.
  struct Judgement: Sendable {
    /// How the object is.
    enum Outcome: Sendable {
      /// As it was deployed.
      case same
      /// The bundle says that it does not count.
      case ignored
      /// Not there.
      case gone
      /// Otherwise: the patch from the object as it is to what was deployed.
      case differs(patch: Value, live: Value)
      /// The API server cannot say.
      case unknown(String)
    }

    /// The object as it was compared.
    var object: LiveObject
    var outcome: Outcome
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
    try await judge(questions, rules: rules, serviceAccount: serviceAccount, describe: describe) {
      question, judgement in
      Answer(object: judgement.object, comparison: comparison(judgement.outcome, of: question.object.identity))
    }
  }

  /// Compares objects of one release, a few at a time, and makes something of every judgement at once, so that not all objects
  /// are held together.
  ///
  /// - Throws: as ``answer(_:rules:serviceAccount:describe:)``.
  func judge<Result: Sendable>(
    _ questions: [Question], rules: DriftRules, serviceAccount: String,
    describe: @escaping @Sendable (Value) -> LiveObject?,
    _ make: @escaping @Sendable (Question, Judgement) -> Result
  ) async throws -> [Result] {
    let asker = Asker(comparer: self, rules: rules, serviceAccount: serviceAccount, describe: describe)
    return try await withThrowingTaskGroup(of: Result.self) { group in
      var waiting = questions.makeIterator()
      for _ in 0..<AgentLimits.concurrentComparisons {
        guard let question = waiting.next() else { break }
        group.addTask { make(question, try await asker.ask(question)) }
      }
      var results: [Result] = []
      while let result = try await group.next() {
        results.append(result)
        if let question = waiting.next() { group.addTask { make(question, try await asker.ask(question)) } }
      }
      return results
    }
  }

  /// What a status says of an object.
  private func comparison(_ outcome: Judgement.Outcome, of identity: ObjectIdentity) -> LiveObject.Comparison {
    switch outcome {
    // Whoever looks for missing objects sees that one is gone.
    case .same, .ignored, .gone: .same
    case .differs(let patch, let live):
      .differs(patch: DriftPatch.text(patch, of: identity), writer: lastWriter(of: live))
    case .unknown: .unknown
    }
  }

  /// Who seems to have changed an object; empty where it does not say.
  func lastWriter(of live: Value) -> String { FieldOwnership.lastWriter(of: live, besides: helmFieldManager) ?? "" }

  private struct Asker: Sendable {
    let comparer: DriftComparer
    let rules: DriftRules
    let serviceAccount: String
    let describe: @Sendable (Value) -> LiveObject?

    func ask(_ question: Question) async throws -> Judgement {
      let identity = question.object.identity
      var judgement = Judgement(object: question.object, outcome: .same)
      var live = question.live
      guard !rules.ignores(identity) else {
        if let described = live.flatMap(describe) { judgement.object = described }
        judgement.outcome = .ignored
        return judgement
      }
      for _ in 0..<AgentLimits.comparisonAttempts {
        if live == nil { live = try await comparer.cluster.object(identity) }
        guard let object = live, let described = describe(object) else {
          judgement.outcome = .gone
          return judgement
        }
        judgement.object = described
        let wanted = DriftComparison.wanted(question.wanted)
        if FieldOwnership.isUnchanged(wanted, in: object, manager: comparer.helmFieldManager) { return judgement }
        guard let outcome = try await compare(object, with: wanted, identity) else {
          live = nil
          continue
        }
        judgement.outcome = outcome
        return judgement
      }
      // It changes all the time. The next change asks again.
      judgement.outcome = .unknown("the object changed each time it was compared")
      return judgement
    }

    /// Nil when the object changed under way.
    private func compare(
      _ live: Value, with wanted: Value, _ identity: ObjectIdentity
    ) async throws -> Judgement.Outcome? {
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
        return .differs(patch: patch, live: live)
      case .refused(let reason):
        comparer.logger.debug(
          "the API server would not apply what was deployed",
          metadata: ["object": "\(identity.text)", "reason": "\(reason)"])
        guard let patch = DriftComparison.patch(live: live, refused: wanted, of: identity, rules: rules) else {
          return unknown(identity, reason)
        }
        return .differs(patch: patch, live: live)
      case .disturbed, .absent: return nil
      case .impossible(let reason): return unknown(identity, reason)
      }
    }

    private func unknown(_ identity: ObjectIdentity, _ reason: String) -> Judgement.Outcome {
      comparer.logger.notice(
        "the API server cannot say whether an object is as it was deployed: it is taken to be",
        metadata: ["object": "\(identity.text)", "reason": "\(reason)"])
      return .unknown(reason)
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
