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

  @OptionGroup var subject: InspectionOptions

  func run() async throws {
    let logger = subject.logging.bootstrap("why")
    let document = try await subject.withParties(logger) { api, cluster, bundle in
      do {
        return try await api.view(
          "trace", of: .bundle, namespace: bundle.namespace, name: bundle.name,
          query: [("cluster", cluster.metadata.key)])
      } catch let error as KubeClientError {
        guard error.message.contains("could not find the requested resource") else { throw CommandError(error.message) }
        throw CommandError("\(api.client.config.server) cannot trace bundles: upgrade the manager")
      }
    }
    try StandardOutput.write(subject.output.print(document) { TraceReport(document: $0).text })
  }
}
