import ArgumentParser
import Document
import Fleet
import KubeClient
import Logging

/// `flotilla why`
struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say why a cluster has a bundle, or has it not, and where it stands.",
    discussion: """
      Follows the bundle from its commit to the health of its objects: which target matched, which version is staged \
      and released, when it was sent, acknowledged and applied. What is not done yet says what it waits for; where no \
      target matches, each says why. Times that nobody noted are said to be unknown.

      Examples:
        flotilla why edge-1 shop
        flotilla why fleet-default/edge-1 fleet-default/shop -o json
      """)

  @Argument(help: "The cluster: NAMESPACE/NAME, or a name that only one has.")
  var cluster: String

  @Argument(help: "The bundle: NAMESPACE/NAME, or a name; one in the cluster's namespace is preferred.")
  var bundle: String

  @Option(name: [.customShort("o"), .long], help: "text, yaml or json.")
  var output = InspectionFormat.text

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func run() async throws {
    let logger = logging.bootstrap("why")
    let document = try await manager.withManager(logger, attempts: 1) { api in
      let finder = PartyFinder(api: api)
      let cluster = try await finder.cluster(cluster)
      let (namespace, name) = try await finder.bundle(bundle, for: cluster)
      do {
        return try await api.view(
          "trace", of: .bundle, namespace: namespace, name: name, query: [("cluster", cluster.metadata.key)])
      } catch let error as KubeClientError {
        guard error.message.contains("could not find the requested resource") else { throw CommandError(error.message) }
        throw CommandError("\(api.client.config.server) cannot trace bundles: upgrade the manager")
      }
    }
    try StandardOutput.write(output.print(document) { TraceReport(document: $0).text })
  }
}
