import Foundation
import Logging
import Wire

/// Many agents without clusters in one process, on the real bus.
public struct FleetSimulation: Sendable {
  private let surroundings: SimulatedAgent.Surroundings
  private let agents: [SimulatedAgent]

  /// Prepares agents; nothing is opened before ``run()``.
  ///
  /// - Throws: `AgentError` with `registration` where the token's key cannot be used, or `limitExceeded` where this process may
  ///   not open enough files.
  public init(_ configuration: SimulationConfiguration, logger: Logger) throws {
    let possible = DescriptorLimit.raise() / SimulationConfiguration.descriptorsPerAgent
    guard configuration.agents.count <= possible else {
      throw AgentError(
        .limitExceeded,
        "\(configuration.agents.count) simulated agents in one process take more open files than it may have, which is"
          + " enough for \(possible): raise the limit (ulimit -n), or take more processes")
    }
    let surroundings = SimulatedAgent.Surroundings(
      configuration: configuration, managerKey: try configuration.registration.managerKey,
      tally: SimulationTally(agents: configuration.agents.count), releases: SimulatedReleases(),
      gate: StartGate(configuration.simultaneousStarts),
      files: configuration.stateDirectory.map(SimulationFiles.init), logger: logger)
    self.surroundings = surroundings
    agents = configuration.agents.map { SimulatedAgent(number: $0, surroundings: surroundings) }
  }

  /// What the agents have come to.
  public var report: SimulationReport { surroundings.tally.report }

  /// Works until the task is cancelled, then closes the connections and keeps what is to be kept.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      for agent in agents { group.addTask { await agent.run() } }
      if surroundings.configuration.cutsPerSecond > 0 { group.addTask { await churn() } }
      await withTaskCancellationHandler {
        await group.waitForAll()
      } onCancel: {
        // Nobody waits for a place in a fleet that is being closed.
        Task { await surroundings.gate.open() }
      }
    }
  }

  /// Asks whether the manager of some values can be reached, by a connection under a key that it does not know.
  ///
  /// - Throws: `AgentError` with `refused` that says what is in the way.
  public static func probe(_ configuration: SimulationConfiguration, logger: Logger) async throws {
    let registration = configuration.registration
    let client = BusClient(
      configuration: BusClientConfiguration(
        endpoints: registration.managerEndpoints, serverKey: try registration.managerKey),
      keyPair: try CurveKeyPair.generate(), logger: logger)
    do {
      try await client.withConnection { _ in }
    } catch let error as RPCError {
      let place = registration.managerEndpoints.joined(separator: ", ")
      throw AgentError(.refused, "the manager at \(place) cannot be reached: \(error.message)", cause: error)
    }
  }

  /// Cuts connections at random, on average as often as configured.
  private func churn() async {
    while !Task.isCancelled {
      // Times between independent events: the many clusters of a fleet do not fail by the clock.
      let gap = -log(Double.random(in: Double.leastNonzeroMagnitude..<1)) / surroundings.configuration.cutsPerSecond
      guard (try? await Task.sleep(for: .seconds(gap))) != nil else { return }
      _ = await agents.randomElement()?.cut()
    }
  }
}
