import Agent
import Fleet
import Foundation
import Logging
import Manager
import ServiceLifecycle

/// Parts of a measurement that run in processes of their own: this program, started with other arguments.
enum BenchChild {
  private static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

  /// The arguments of a manager on a directory.
  static func manager(_ directory: String, busPort: Int, heartbeatSeconds: Int) -> [String] {
    ["--manager", directory, "\(busPort)", "\(heartbeatSeconds)"]
  }

  /// The arguments of some agents, which enrol with the values in a file and apply at once.
  static func agents(_ agents: Range<Int>, values: String) -> [String] {
    ["--agents", values, "\(agents.lowerBound)", "\(agents.upperBound)"]
  }

  /// Runs the part that the arguments name, if they do, to its end.
  static func run(_ arguments: ArraySlice<String>) async throws -> Bool {
    let texts = Array(arguments.dropFirst())
    let numbers = texts.dropFirst().compactMap { Int($0) }
    switch (arguments.first, numbers.count) {
    case ("--manager", 2): try await manage(texts[0], busPort: numbers[0], heartbeatSeconds: numbers[1])
    case ("--agents", 2):
      let bytes = Array(FileManager.default.contents(atPath: texts[0]) ?? Data())
      var configuration = SimulationConfiguration(
        registration: try RegistrationValues(parsing: bytes, file: texts[0]), agents: numbers[0]..<numbers[1])
      configuration.applyLatency = .zero...Duration.zero
      await SimulationChild.run(try FleetSimulation(configuration, logger: logger))
    default: return false
    }
    return true
  }

  private static func manage(_ directory: String, busPort: Int, heartbeatSeconds: Int) async throws {
    let manager = try await Manager(
      configuration: ManagerConfiguration(
        dataDirectory: directory, apiPort: 0, busAddress: "tcp://127.0.0.1:\(busPort)",
        heartbeatInterval: .seconds(heartbeatSeconds)), version: "bench", logger: logger)
    Thread.detachNewThread {
      // The parent's end, or its wish.
      while readLine() != nil {}
      exit(0)
    }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(services: manager.services.map { .init(service: $0) }, logger: logger)
    ).run()
  }
}
