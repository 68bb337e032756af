import Fleet
import Foundation
import Logging
import Wire

/// An agent without a cluster: the real one's key, enrolment, session and fetches, and deployments that are only waited for.
actor SimulatedAgent {
  /// What the agents of a process share.
  struct Surroundings: Sendable {
    let configuration: SimulationConfiguration
    let managerKey: CurvePublicKey
    let tally: SimulationTally
    let releases: SimulatedReleases
    let gate: StartGate
    let files: SimulationFiles?
    let logger: Logger
  }

  /// An attempt to apply a version, after a pause.
  struct Attempt: Sendable {
    let item: DesiredItem
    let pause: Duration
  }

  let name: String
  let surroundings: Surroundings
  let fetcher: BlobFetcher
  private var identity: SimulatedIdentity?
  /// What the manager wants of it; part of ``identity`` only where that is kept.
  var desired = DesiredSet()
  var deployments: [String: SimulatedDeployment] = [:]
  /// Items that were kept and not yet begun.
  var waiting: [DesiredItem] = []
  var link: ManagerLink?
  var connectingSince = ContinuousClock.now
  var isConnected = false
  var hadSession = false
  /// It has a place in the start gate.
  var isStarting = false
  var isAcknowledged = false
  var isAllReady = false
  private let attempts: AsyncStream<Attempt>
  let attempt: AsyncStream<Attempt>.Continuation

  init(number: Int, surroundings: Surroundings) {
    name = surroundings.configuration.clientID(number)
    self.surroundings = surroundings
    fetcher = BlobFetcher(blobs: surroundings.releases)
    (attempts, attempt) = AsyncStream.makeStream()
  }

  var tally: SimulationTally { surroundings.tally }

  /// Works until the task is cancelled, or the manager refuses to enrol it.
  func run() async {
    await surroundings.gate.enter()
    isStarting = true
    do {
      let (identity, connection) = try await enrolled()
      self.identity = identity
      desired = identity.desired
      resume(identity)
      await work(identity, over: connection)
    } catch is CancellationError {
    } catch {
      tally.note { $0.refusal = "\(error)" }
    }
    await started()
    await save()
  }

  /// Cuts the connection, where there is one; true where there was.
  func cut() async -> Bool {
    guard isConnected, let link else { return false }
    tally.note { $0.cuts += 1 }
    await link.cut()
    return true
  }

  /// Gives back the place in the start gate.
  func started() async {
    guard isStarting else { return }
    isStarting = false
    await surroundings.gate.leave()
  }

  private func enrolled() async throws -> (identity: SimulatedIdentity, connection: BusConnection?) {
    let configuration = surroundings.configuration
    let registration = configuration.registration
    if let files = surroundings.files, var known = try await files.load(name),
      known.enrollment.managerPublicKey == surroundings.managerKey
    {
      known.enrollment.endpoints = registration.managerEndpoints
      tally.note { $0.enrolled += 1 }
      return (known, nil)
    }
    let keyPair = try CurveKeyPair.generate()
    let begin = ContinuousClock.now
    let tally = tally
    let enrolled = try await EnrollmentCall(
      registration: registration, managerKey: surroundings.managerKey, keyPair: keyPair, logger: surroundings.logger
    ).enroll(
      clientID: name, labels: registration.labels.merging(configuration.labels) { $1 },
      agentVersion: configuration.agentVersion, kubernetesVersion: ""
    ) { error, next in
      tally.note {
        $0.enrollmentFailures += 1
        $0.problem = error.message
      }
      if next.isRefusal {
        throw AgentError(.refused, next.message ?? "the manager refuses to enrol \(error.message)", cause: error)
      }
    }
    tally.note {
      $0.enrolled += 1
      $0.enrolling.note(ContinuousClock.now - begin)
    }
    let identity = SimulatedIdentity(keyPair: keyPair, enrollment: enrolled.record)
    try await surroundings.files?.save(identity, as: name)
    return (identity, enrolled.connection)
  }

  /// Takes up the deployments of an earlier run.
  private func resume(_ identity: SimulatedIdentity) {
    for record in identity.records {
      guard let item = identity.desired.items[record.id] else { continue }
      deployments[record.id] = SimulatedDeployment(record: record, of: item)
    }
    // What was not finished then is asked for again, because its blobs are not kept.
    for item in identity.desired.items.values where deployments[item.id]?.isReady != true {
      desired.items[item.id] = nil
      deployments[item.id] = nil
    }
    let (held, ready) = (deployments.count, deployments.values.count { $0.isReady })
    tally.note {
      $0.deployments += held
      $0.readyDeployments += ready
    }
  }

  private func work(_ identity: SimulatedIdentity, over connection: BusConnection?) async {
    let durable = AgentSession.Durable(
      held: desired.items.mapValues(\.version), lastRevision: desired.revision,
      lineage: desired.lineage,
      acknowledgedStatuses: deployments.mapValues(\.record.acknowledged))
    let link = ManagerLink(
      work: self,
      identity: AgentSession.Identity(
        bootID: UUID().uuidString, agentVersion: surroundings.configuration.agentVersion,
        agentNamespace: surroundings.configuration.registration.agentNamespace),
      durable: durable, keys: LinkKeys(pair: identity.keyPair, enrollment: identity.enrollment),
      first: connection, logger: surroundings.logger)
    self.link = link
    await withDiscardingTaskGroup { group in
      group.addTask { await link.run() }
      for await next in attempts {
        group.addTask {
          guard (try? await Task.sleep(for: next.pause)) != nil else { return }
          await self.perform(next)
        }
      }
      group.cancelAll()
    }
  }

  private func save() async {
    guard let files = surroundings.files, var identity else { return }
    identity.desired = desired
    identity.records = deployments.values.map(\.record)
    do {
      // The run is over, and its task cancelled; this is what it leaves.
      let kept = identity
      let name = name
      try await Task { try await files.save(kept, as: name) }.value
    } catch {
      tally.note { $0.problem = "\(error)" }
    }
  }
}
