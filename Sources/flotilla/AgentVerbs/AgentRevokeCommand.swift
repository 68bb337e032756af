import ArgumentParser
import Document
import Fleet
import Logging

/// `flotilla agent revoke`
struct AgentRevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Refuse a cluster's agent from now on, and cut its connection.",
    discussion: """
      The agent's key is refused at the next handshake already, also after the manager was started again, and nobody joins as
      this cluster. What was deployed stays. It is an annotation of the Cluster, flotilla.io/revoked, whose value is the
      reason: `kubectl annotate` does the same, and --undo takes it off. Whoever holds a token can still join as another
      cluster: delete that, too.

      Examples:
        flotilla agent revoke edge-1 --reason "laptop stolen"
        flotilla agent revoke edge-1 --undo
      """)

  @Argument(help: "The cluster: NAMESPACE/NAME, or a name that only one has.")
  var cluster: String

  @Option(help: ArgumentHelp("Why; shown on the Cluster.", valueName: "text"))
  var reason: String?

  @Flag(help: "Trust the agent's key again.")
  var undo = false

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func validate() throws {
    if undo, reason != nil { throw ValidationError("--undo takes no --reason") }
    if let reason, reason.isEmpty || reason == "false" {
      throw ValidationError("--reason takes a text, not '\(reason)'")
    }
  }

  func run() async throws {
    let logger = logging.bootstrap("agent-revoke")
    try await manager.withManager(logger) { api in
      let found = try await PartyFinder(api: api, namespace: manager.explicitNamespace).cluster(cluster).metadata
      try await api.annotate(
        .cluster, namespace: found.namespace, name: found.name, AgentAnnotations.revoked,
        undo ? nil : reason ?? "true")
      let advice =
        "the manager has not done it yet; `kubectl get cluster -n \(found.namespace) \(found.name)` shows when it has"
      try await api.wait(for: .cluster, namespace: found.namespace, name: found.name, within: .seconds(20), advice) {
        let isRevoked = Conditions($0.at("status", "conditions"))["Revoked"]?.isTrue == true
        return isRevoked != undo
      }
      try StandardOutput.write(
        undo
          ? "cluster \(found.key): its agent's key is good again; the agent comes back within five minutes, or when it is started\n"
          : "cluster \(found.key): its agent's key is refused, and its connection cut; --undo trusts it again\n")
    }
  }
}
