import ArgumentParser
import Manager

/// `flotilla manager rotate-key`
struct ManagerRotateKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-key",
    abstract: "Change the bus's key in two steps, so that no agent is lost.",
    discussion: """
      Without --finish a next key is made. A manager that is started after that goes on with its key and tells every agent the
      next one; from then on agents accept both, and tokens name both. `flotilla agent list` shows which agents know it. With
      --finish the next key becomes the manager's, at its next start. An agent that was away all the time enrols anew, with a new
      token and the same cluster. --cancel forgets the next key.

      Example:
        flotilla manager rotate-key --data data          # and start the manager again
        flotilla agent list                              # until everybody knows the next key
        flotilla manager rotate-key --data data --finish # and start the manager again
      """)

  @Option(help: ArgumentHelp("The directory of the manager's data.", valueName: "directory"))
  var data: String

  @Flag(help: "Make the next key the manager's.")
  var finish = false

  @Flag(help: "Forget the next key.")
  var cancel = false

  func validate() throws {
    if finish, cancel { throw ValidationError("--finish and --cancel are two different wishes") }
  }

  func run() async throws {
    let change = ManagerKeyChange(dataDirectory: data)
    if cancel {
      try change.cancel()
      try StandardOutput.write("the next key is forgotten; start the manager again, so that it tells nobody any more\n")
    } else if finish {
      let key = try change.finish()
      try StandardOutput.write("the manager's key is \(key) from its next start on\n")
    } else {
      let key = try change.begin()
      try StandardOutput.write(
        "the next key is \(key); start the manager again, so that it tells its agents, and --finish when all know it\n")
    }
  }
}
