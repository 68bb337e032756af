import Agent
import ArgumentParser
import Foundation
import Logging
import Synchronization
import Wire

/// `flotilla simulate`
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Be many agents without clusters, to see what a manager bears.",
    discussion: """
      Each agent has a key and a connection of its own, enrols with the token, holds the real session, fetches what it is
      sent, waits for as long as applying would take, and reports it Ready. They run in as many child processes as the limit
      on open files makes necessary. Ctrl-C ends them and prints a summary; the clusters stay on the manager.

      Example:
        flotilla simulate --agents 1000 --values values.yaml --labels simulated=true
      """)

  enum Output: String, ExpressibleByArgument, CaseIterable { case json }

  @Option(help: "How many agents, 1 to 100000.")
  var agents: Int

  @Option(help: ArgumentHelp("How many child processes; default: as few as possible.", valueName: "number"))
  var processes: Int?

  @Option(help: ArgumentHelp("When to end: 30s, 10m; default: at Ctrl-C.", valueName: "time"))
  var duration: TimeOption?

  @Option(name: [.customShort("o"), .long], help: "json: one object a line, the last one with `summary` true.")
  var output: Output?

  @OptionGroup(title: "Agents") var options: SimulationOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func validate() throws {
    guard (1...100_000).contains(agents) else { throw ValidationError("--agents takes 1 to 100000, not \(agents)") }
    if let processes, !(1...agents).contains(processes) || processes > 1000 {
      throw ValidationError("--processes takes 1 to \(min(agents, 1000)), not \(processes)")
    }
  }

  func run() async throws {
    let logger = logging.bootstrap("simulate")
    let configuration = try options.configuration(agents: 0..<agents, of: agents)
    let slices = try slices()
    let directory = try options.state.map { try SimulationDirectory(opening: $0) }
    defer { directory?.close() }
    try await FleetSimulation.probe(configuration, logger: logger)
    let display = SimulationDisplay(output == .json ? .json : .text)
    let run = SimulationRun(display: display, lasts: duration?.duration)
    try await run.run(slices.map { arguments(of: $0) })
  }

  /// The agents of each child.
  private func slices() throws -> [Range<Int>] {
    let possible = DescriptorLimit.raise() / SimulationConfiguration.descriptorsPerAgent
    let needed = (agents + possible - 1) / possible
    let count = processes ?? needed
    guard count >= needed else {
      throw ValidationError(
        "--processes: \(agents) agents need \(needed) processes, since each may open files enough for \(possible) agents"
          + " (ulimit -n)")
    }
    return (0..<count).map { agents * $0 / count..<agents * ($0 + 1) / count }
  }

  private func arguments(of slice: Range<Int>) -> [String] {
    // What goes wrong with an agent is counted and told by the parent; ten thousand logs would tell nobody anything.
    let level = logging.logLevel ?? (logging.debug ? .debug : .critical)
    return [
      "simulate-worker", "--first", "\(slice.lowerBound)", "--count", "\(slice.count)", "--all", "\(agents)",
      "--log-level", level.rawValue, "--log-format", logging.logFormat.rawValue,
    ] + options.arguments
  }
}
