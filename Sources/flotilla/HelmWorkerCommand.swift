import ArgumentParser
import HelmEngine

/// `flotilla helm-worker`: the child process in which Helm works. The manager and the commands start it; people do not.
struct HelmWorkerVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "helm-worker", abstract: "Answer Helm requests on standard input.", shouldDisplay: false)

  func run() {
    HelmWorker.run()
  }
}
