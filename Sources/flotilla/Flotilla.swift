import ArgumentParser

/// The one executable: every verb is a file beside this one.
@main
struct Flotilla: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flotilla",
    abstract: "GitOps for many Kubernetes clusters over a message bus.",
    discussion: """
      A manager watches git and decides what each cluster gets; an agent on every cluster deploys it with Helm and
      reports back. Objects are Fleet's (fleet.cattle.io/v1alpha1), written and read with kubectl.
      """,
    subcommands: [
      ManagerCommand.self, AgentCommand.self, SimulateCommand.self, SimulateWorkerCommand.self, ApplyCommand.self,
      TargetCommand.self, DeployCommand.self, BundleDiffCommand.self, DiffCommand.self, WhyCommand.self,
      TestCommand.self, HelmWorkerVerb.self, VersionCommand.self,
    ])
}
