import ArgumentParser

/// `flotilla manager`: runs one, and changes its key.
struct ManagerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manager",
    abstract: "Run the manager: the API for kubectl, the git watcher and the bus that agents connect to.",
    discussion: """
      Without a verb a manager is run: `flotilla manager --data DIRECTORY`; its options are in `flotilla manager run --help`.
      """,
    subcommands: [ManagerRunCommand.self, ManagerRotateKeyCommand.self], defaultSubcommand: ManagerRunCommand.self)
}
