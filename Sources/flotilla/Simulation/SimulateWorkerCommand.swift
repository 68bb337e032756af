import Agent
import ArgumentParser
import Logging

/// `flotilla simulate-worker`: a child with some of the agents of `flotilla simulate`.
struct SimulateWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate-worker", abstract: "Be some of the agents of a simulation.", shouldDisplay: false)

  @Option var first: Int
  @Option var count: Int
  @Option var all: Int
  @OptionGroup var options: SimulationOptions
  @OptionGroup var logging: LoggingOptions

  func run() async throws {
    let logger = logging.bootstrap(label: "simulate")
    await SimulationChild.run(
      try FleetSimulation(options.configuration(agents: first..<first + count, of: all), logger: logger))
  }
}
