import ArgumentParser
import Document
import Fleet
import KubeClient
import Logging

/// `flotilla diff`
struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare a cluster's live objects with what a bundle deployed there, just now.",
    discussion: """
      The cluster's agent compares every object with Helm's record of the release by a server-side dry run, so that \
      defaults and other owners' fields are no difference, and answers over the bus; nothing is changed. Values of \
      Secrets are not shown. The status is 0 where nothing differs, 2 where something does, and 1 where it cannot be \
      said, for example because the cluster is offline.

      Examples:
        flotilla diff edge-1 shop
        flotilla diff fleet-default/edge-1 fleet-default/shop -o yaml
      """)

  @Flag(name: [.customShort("a"), .long], help: "Show also the objects that do not differ.")
  var all = false

  @OptionGroup var subject: InspectionOptions

  func run() async throws {
    let logger = subject.logging.bootstrap("diff")
    let document = try await subject.withParties(logger) { api, cluster, bundle in
      try await Notices.progress("asking the agent of \(cluster.metadata.key)", logger) {
        try await Self.read(api, cluster, bundle: "\(bundle.namespace)/\(bundle.name)", name: bundle.name)
      }
    }
    try StandardOutput.write(subject.output.print(document) { DiffReport(document: $0, showsAll: all).text })
    if document["differs"]?.bool == true { throw ExitCode(2) }
  }

  private static func read(
    _ api: ManagerAPI, _ cluster: Cluster, bundle: String, name: String
  ) async throws -> Value {
    let why = "`flotilla why \(cluster.metadata.key) \(bundle)` says why"
    do {
      let namespace = cluster.clusterNamespace ?? cluster.expectedClusterNamespace
      let document = try await api.view("diff", of: .bundleDeployment, namespace: namespace, name: name)
      guard document["bundle"]?.string == bundle else {
        throw CommandError(
          "the deployment \(name) on cluster \(cluster.metadata.key) is of bundle \(document["bundle"]?.string ?? "");"
            + " \(why)")
      }
      return document
    } catch let error as KubeClientError {
      if error.message.contains("could not find the requested resource") {
        throw CommandError("\(api.client.config.server) cannot compare live objects: upgrade the manager")
      }
      if error.code == .notFound {
        throw CommandError("cluster \(cluster.metadata.key) has no deployment of bundle \(bundle); \(why)")
      }
      throw CommandError(error.message)
    }
  }
}
