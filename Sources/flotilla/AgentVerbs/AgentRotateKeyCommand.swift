import ArgumentParser
import Document
import Fleet
import Foundation
import Logging

/// `flotilla agent rotate-key`
struct AgentRotateKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-key",
    abstract: "Have a cluster's agent change its key.",
    discussion: """
      The agent makes a new key pair, announces it over its session, and proves it in a connection of its own; then the old key
      is forgotten. It is an annotation of the Cluster, flotilla.io/rotate-key, which goes when it is done; an agent that is
      away does it when it is back.
      """)

  @Argument(help: "The cluster: NAMESPACE/NAME, or a name that only one has.")
  var cluster: String

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func run() async throws {
    let logger = logging.bootstrap("agent-rotate-key")
    try await manager.withManager(logger) { api in
      let found = try await PartyFinder(api: api, namespace: manager.explicitNamespace).cluster(cluster).metadata
      let resource = ManagerAPI.resource(.cluster)
      let before = try await api.object(resource, namespace: found.namespace, name: found.name)
      try await api.annotate(
        .cluster, namespace: found.namespace, name: found.name, AgentAnnotations.rotateKey,
        "\(Int64(Date().timeIntervalSince1970))")
      let advice =
        "the agent of cluster \(found.key) has not changed its key yet; it will when it is connected, and `flotilla agent list`"
        + " shows the key"
      try await api.wait(for: .cluster, namespace: found.namespace, name: found.name, within: .seconds(30), advice) {
        $0.at("metadata", "annotations", AgentAnnotations.rotateKey) == nil
      }
      let after = try await api.object(resource, namespace: found.namespace, name: found.name)
      let keys = [before, after].map { $0?.at("status", "agent", "publicKey")?.string ?? "" }
      guard keys[0] != keys[1] else {
        throw CommandError(
          "the agent of cluster \(found.key) cannot change its key; `kubectl describe cluster -n \(found.namespace)"
            + " \(found.name)` says why")
      }
      try StandardOutput.write("cluster \(found.key): its agent's key is now \(keys[1])\n")
    }
  }
}
