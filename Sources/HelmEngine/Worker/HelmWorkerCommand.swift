import Foundation

/// How a child process of Helm's is started: a program whose main function calls `HelmWorker.run()`.
public struct HelmWorkerCommand: Sendable, Hashable {
  /// The program's file.
  public var executable: String
  /// Its arguments.
  public var arguments: [String]

  /// Makes a command.
  public init(executable: String, arguments: [String] = ["helm-worker"]) {
    self.executable = executable
    self.arguments = arguments
  }

  /// `flotilla helm-worker` for a process that is `flotilla` itself: the file it was started from.
  public static func ownExecutable() -> HelmWorkerCommand {
    let link = "/proc/self/exe"
    return HelmWorkerCommand(executable: (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? link)
  }
}
