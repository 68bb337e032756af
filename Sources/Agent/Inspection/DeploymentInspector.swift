import Document
import Fleet
import Wire

/// Answers `Cluster.Diff`: looks at the live objects of one deployment for the manager, and changes nothing.
///
/// It asks the API server by the same rules as the watch for drift does, with the rights that the bundle is deployed with, but
/// looks at every object anew.
actor DeploymentInspector {
  private let standing: @Sendable (_ id: String) async -> Deployer.Standing?
  private let cluster: any ClusterAPI
  private let manifests: DeployedManifests
  private let comparer: DriftComparer
  private var underWay = 0

  /// - Parameter standing: what is known of a deployment; nil when it is not wanted.
  init(
    cluster: any ClusterAPI, manifests: DeployedManifests, comparer: DriftComparer,
    standing: @escaping @Sendable (_ id: String) async -> Deployer.Standing?
  ) {
    self.standing = standing
    self.cluster = cluster
    self.manifests = manifests
    self.comparer = comparer
  }

  /// The methods that the manager may call.
  nonisolated var handlers: RPCHandlers {
    var handlers = RPCHandlers()
    handlers.unary(ClusterService.diff) { request, _ in try await self.diff(request) }
    return handlers
  }

  /// Compares a deployment's objects; `RPCError` as `cluster.proto` says.
  func diff(_ request: DiffRequest) async throws(RPCError) -> DiffResponse {
    guard underWay < AgentLimits.concurrentDiffs else {
      throw RPCError(
        .resourceExhausted, "the agent already makes \(underWay) comparisons; try again in a few seconds")
    }
    underWay += 1
    defer { underWay -= 1 }
    do {
      return try await withThrowingTaskGroup(of: DiffResponse.self) { group in
        group.addTask { try await self.compare(request) }
        group.addTask {
          try await Task.sleep(for: AgentLimits.diffDeadline)
          throw RPCError(
            .deadlineExceeded, "the API server did not answer all questions in \(AgentLimits.diffDeadline)")
        }
        defer { group.cancelAll() }
        guard let answer = try await group.next() else { throw CancellationError() }
        return answer
      }
    } catch let error as RPCError {
      throw error
    } catch is CancellationError {
      throw RPCError(.cancelled, "the comparison was cancelled")
    } catch {
      let failure = DeploymentFailure(error)
      let code: StatusCode = failure.kind == .unreachable ? .unavailable : .internal
      throw RPCError(code, "the objects cannot be compared: \(failure.message)", cause: error)
    }
  }

  private nonisolated func compare(_ request: DiffRequest) async throws -> DiffResponse {
    guard let standing = await standing(request.id) else {
      throw RPCError(.notFound, "the agent holds no deployment \(request.id)")
    }
    guard let applied = standing.applied else {
      let reason = standing.failure.map { ": \($0)" } ?? " yet"
      throw RPCError(.failedPrecondition, "nothing of \(request.id) is deployed\(reason)")
    }
    guard let manifest = try await manifests.objects(of: applied) else {
      throw RPCError(
        .failedPrecondition, "Helm has no record of release \(applied.text); the agent is about to deploy it again")
    }
    var answer = DiffAnswer(
      objectsMax: Int(request.objectsMax), bytesMax: Int(request.bytesMax),
      head: DiffResponse(
        appliedDeploymentId: applied.deploymentID, desiredDeploymentId: standing.brief.target.deploymentID,
        release: applied.text))
    let examined = applied.objects.prefix(AgentLimits.diffedObjects)
    let left = applied.previous.prefix(AgentLimits.diffedObjects - examined.count)
    answer.notCompared = applied.objects.count - examined.count + applied.previous.count - left.count
    let objects = try await compared(Array(examined), manifest: manifest, brief: standing.brief)
    for object in objects + (try await extra(Array(left), brief: standing.brief)) { answer.add(object) }
    return answer.response
  }

  /// The objects of what stands.
  private nonisolated func compared(
    _ objects: [ObjectIdentity], manifest: [ObjectIdentity: Value], brief: DeploymentBrief
  ) async throws -> [DiffedObject] {
    var questions: [DriftComparer.Question] = []
    var unrecorded: [DiffedObject] = []
    for identity in objects {
      if let wanted = manifest[identity.unversioned] {
        let asked = LiveObject(identity: identity, setHash: "", uid: "", createdAt: "", resourceVersion: 0)
        questions.append(DriftComparer.Question(object: asked, live: Value?.none, wanted: wanted))
      } else {
        var object = DiffedObject(identity)
        object.outcome = .unknown
        object.reason = "Helm's record of the release does not hold it"
        unrecorded.append(object)
      }
    }
    let (comparer, rules, setHash) = (comparer, brief.driftRules, brief.setHash)
    let judged = try await comparer.judge(
      questions, rules: rules, serviceAccount: brief.serviceAccount, describe: Self.describe
    ) { question, judgement in
      let identity = question.object.identity
      var object = DiffedObject(identity)
      switch judgement.outcome {
      case .gone: object.outcome = .missing
      case .ignored: object.outcome = .ignored
      // Whoever owns it decides what it looks like.
      case _ where judgement.object.setHash != setHash: object.outcome = .notOwned
      case .same: object.outcome = .same
      case .unknown(let reason):
        object.outcome = .unknown
        // A refusal may quote what it refuses.
        object.reason =
          identity.kind == "Secret" ? "the API server's reason is not shown, since it may quote the Secret" : reason
      case .differs(let patch, let live):
        object.outcome = .modified
        object.writer = comparer.lastWriter(of: live)
        let (fields, leftOut) = DriftComparison.fields(of: patch, live: live, of: identity, rules: rules)
        object.take(fields, leftOut: leftOut)
      }
      return object
    }
    return unrecorded + judged
  }

  /// What the revision before left over, and is still there as ours.
  private nonisolated func extra(_ objects: [ObjectIdentity], brief: DeploymentBrief) async throws -> [DiffedObject] {
    var extra: [DiffedObject] = []
    for identity in objects where !brief.driftRules.ignores(identity) {
      guard let live = try await cluster.object(identity), let described = Self.describe(live),
        described.setHash == brief.setHash
      else { continue }
      var object = DiffedObject(identity)
      object.outcome = .extra
      extra.append(object)
    }
    return extra
  }

  private static let describe: @Sendable (Value) -> LiveObject? = { object in
    let set = object.at("metadata", "labels", FleetLabels.objectSetHash)?.string ?? ""
    return LiveObject(object, setHash: set, ignoredConditions: [])
  }
}
