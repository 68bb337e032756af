import Foundation

/// How soon a change is on all agents and known to be, and what many agents cost the manager.
enum FleetDelivery {
  private static let bytes = 4096
  private static let rounds = 3

  /// A thousand agents, against a Kubernetes API server with a resource and a watch for each cluster, as Fleet has it.
  static func thousand() async throws -> [Figure] {
    let agents = 1000
    let theirs = try await PlainKubernetes.delivery(clusters: agents, bytes: bytes, rounds: rounds)
    let ours = Samples()
    try await BenchFleet.with { fleet in
      _ = try await fleet.start(agents: agents)
      _ = try await fleet.deploy(bytes: bytes, generation: 0, to: agents)
      for round in 1...rounds { ours.note(try await fleet.deploy(bytes: bytes, generation: round, to: agents)) }
    }
    return [
      Figure(
        name: "delivery-1000", value: ours.shortest, unit: "s", reference: theirs, ratio: theirs / ours.shortest)
    ]
  }

  /// How many agents a second enrol, durably, and have their first session.
  static func enrol() async throws -> [Figure] {
    let agents = 4_000
    let seconds = try await BenchFleet.with { try await $0.start(agents: agents) }
    return [Figure(name: "enrol", value: Double(agents) / seconds, unit: "enrolments/s")]
  }

  /// Ten thousand agents.
  static func tenThousand() async throws -> [Figure] {
    let agents = 10_000
    return try await BenchFleet.with { fleet in
      let empty = try fleet.residentKilobytes()
      _ = try await fleet.start(agents: agents)
      let idle = try await idle(fleet)
      let memory = (try fleet.residentKilobytes() - empty) / Double(agents)
      _ = try await fleet.deploy(bytes: bytes, generation: 0, to: agents)
      let ours = Samples()
      for round in 1...rounds { ours.note(try await fleet.deploy(bytes: bytes, generation: round, to: agents)) }
      let reconnect = try await reconnect(fleet, agents)
      return [
        Figure(name: "delivery-10000", value: ours.shortest, unit: "s"),
        Figure(name: "reconnect-10000", value: reconnect, unit: "s"),
        Figure(name: "memory-10000", value: memory, unit: "KiB"),
        Figure(name: "idle-10000", value: idle, unit: "%"),
      ]
    }
  }

  /// The share of one core that the manager takes while nothing happens.
  private static func idle(_ fleet: BenchFleet) async throws -> Double {
    try await Task.sleep(for: .seconds(5))
    let (began, before) = (ContinuousClock.now, try fleet.processorSeconds())
    try await Task.sleep(for: .seconds(60))
    return (try fleet.processorSeconds() - before) / Measure.seconds(ContinuousClock.now - began) * 100
  }

  /// The seconds from a manager's crash, after which it is started again at once, to the last session resumed.
  private static func reconnect(_ fleet: BenchFleet, _ agents: Int) async throws -> Double {
    let before = fleet.report
    let began = ContinuousClock.now
    try await fleet.killManager()
    try await fleet.startManager()
    try await fleet.wait("all agents have resumed") {
      $0.sessions >= before.sessions + agents && $0.acknowledged == agents
    }
    let seconds = Measure.seconds(ContinuousClock.now - began)
    guard fleet.report.versions == before.versions else { throw Mistake("unchanged items were sent again") }
    return seconds
  }
}
