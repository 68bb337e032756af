import ArgumentParser

/// `flotilla agent`: runs one, and has verbs for whoever looks after many.
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Run the agent of one cluster, or look after those of a manager.",
    discussion: """
      Without a verb an agent is run: `flotilla agent --values FILE --kubeconfig FILE --state DIRECTORY`; its options are
      in `flotilla agent run --help`. The other verbs talk to a manager's API.
      """,
    subcommands: [
      AgentRunCommand.self, AgentListCommand.self, AgentRevokeCommand.self, AgentApproveCommand.self,
      AgentDenyCommand.self, AgentRotateKeyCommand.self,
    ],
    defaultSubcommand: AgentRunCommand.self)
}
