import ArgumentParser
import Document
import Fleet
import Logging

/// Which registration a decision is about.
struct RegistrationOptions: ParsableArguments {
  @Argument(help: "The ClusterRegistration: NAMESPACE/NAME, or a name that only one has.")
  var registration: String

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  /// Writes the decision, and tells what follows.
  func decide(_ approved: Bool, label: String, told: (_ name: String, _ key: String) -> String) async throws {
    let logger = logging.bootstrap(label)
    try await manager.withManager(logger) { api in
      let found = try await PartyFinder(api: api, namespace: manager.explicitNamespace).registration(registration)
      let metadata = try ClusterRegistration(found).metadata
      guard found.at("status", "granted")?.bool != true else {
        let cluster = found.at("status", "clusterName")?.string ?? ""
        throw CommandError(
          "the registration \(metadata.key) has been let in already, as cluster \(metadata.namespace)/\(cluster)"
            + (approved ? "" : "; `flotilla agent revoke \(metadata.namespace)/\(cluster)` refuses it from now on"))
      }
      try await api.annotate(
        .clusterRegistration, namespace: metadata.namespace, name: metadata.name, AgentAnnotations.approved,
        approved ? "true" : "false")
      let key = found.at("metadata", "annotations", AgentAnnotations.key)?.string ?? ""
      try StandardOutput.write(told(metadata.key, key))
    }
  }
}

/// `flotilla agent approve`
struct AgentApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Let an agent in that waits.",
    discussion: """
      `flotilla agent list` shows who waits, with the beginning of its key, which the agent logs as well. The same is done by
      `kubectl annotate clusterregistration NAME flotilla.io/approved=true`.
      """)

  @OptionGroup var subject: RegistrationOptions

  func run() async throws {
    try await subject.decide(true, label: "agent-approve") { name, key in
      "registration \(name): the agent with key \(key) is let in when it asks next, within seconds\n"
    }
  }
}

/// `flotilla agent deny`
struct AgentDenyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deny",
    abstract: "Do not let an agent in that waits.",
    discussion: """
      The same is done by `kubectl annotate clusterregistration NAME flotilla.io/approved=false`. Deleting the
      ClusterRegistration lets its agent ask again, with a token that is still good.
      """)

  @OptionGroup var subject: RegistrationOptions

  func run() async throws {
    try await subject.decide(false, label: "agent-deny") { name, key in
      "registration \(name): the agent with key \(key) is not let in\n"
    }
  }
}
