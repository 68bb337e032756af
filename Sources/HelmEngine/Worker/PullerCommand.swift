import Confinement
import Foundation

/// How a child that fetches one chart is started.
struct PullerCommand: Sendable {
  let command: HelmWorkerCommand
  let libraryPath: String
  let limits: HelmWorkerLimits

  /// The command of a child whose directory is this one.
  func confined(directory: String, certificates: String?) -> ConfinedCommand {
    var environment = WorkerEnvironment.base(libraryPath: libraryPath, memoryBytes: limits.pullMemoryBytes)
    environment.merge(
      WorkerEnvironment.pulling(
        directory: directory, certificates: certificates, inherited: ProcessInfo.processInfo.environment)
    ) { $1 }
    return ConfinedCommand(
      executable: command.executable, arguments: command.arguments, environment: environment, directory: directory,
      limits: ConfinementLimits(
        wallClock: limits.pullTime, cpuSeconds: max(1, Int(limits.pullTime.components.seconds) * 2),
        memoryBytes: limits.pullMemoryBytes, outputBytes: limits.archiveBytes + (1 << 20),
        fileBytes: max(limits.archiveBytes, limits.pullMemoryBytes)),
      network: .allowed, writable: [directory])
  }
}
