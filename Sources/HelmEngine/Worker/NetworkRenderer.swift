import Confinement
import Foundation
import Synchronization

/// The one child that renders charts with the network, made when the first such chart comes.
final class NetworkRenderer: Sendable {
  private struct Made {
    let server: ConfinedServer
    /// Where Helm keeps a kubeconfig that it was given as a text.
    let directory: ChildDirectory
  }

  private let command: ConfinedCommand
  private let limits: HelmWorkerLimits
  private let made = Mutex<Made?>(nil)

  /// - Parameter command: the child that renders without the network.
  init(_ command: ConfinedCommand, limits: HelmWorkerLimits) {
    self.command = command
    self.limits = limits
  }

  func server() throws(ConfinementError) -> ConfinedServer {
    let result = made.withLock { made -> Result<ConfinedServer, HelmError> in
      if let made { return .success(made.server) }
      do throws(HelmError) {
        let new = try make()
        made = new
        return .success(new.server)
      } catch {
        return .failure(error)
      }
    }
    do {
      return try result.get()
    } catch {
      throw ConfinementError(.cannotStart, error.message)
    }
  }

  private func make() throws(HelmError) -> Made {
    let directory = try ChildDirectory()
    var command = command
    command.environment.merge(
      WorkerEnvironment.cluster(directory: directory.path, inherited: ProcessInfo.processInfo.environment)
    ) { $1 }
    command.network = .allowed
    command.writable = [directory.path]
    command.limits.fileBytes = limits.renderMemoryBytes
    return Made(
      server: ConfinedServer(
        command, requestsPerChild: limits.requestsPerRenderer, idle: .seconds(Limits.idleChildSeconds)),
      directory: directory)
  }

  func stop() async {
    await made.withLock({ $0 })?.server.stop()
  }
}
