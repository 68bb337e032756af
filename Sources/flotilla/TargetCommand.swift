import ArgumentParser
import Document
import Fleet
import HelmEngine
import KubeClient
import Logging

/// `flotilla target`
struct TargetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "target",
    abstract: "Show which clusters get a bundle, which do not and why, and what each would get.",
    discussion: """
      Clusters, ClusterGroups, BundleNamespaceMappings and Namespaces come from a manager, or from manifests \
      with --clusters; then no manager is needed. With -o the Content and a BundleDeployment for each cluster \
      are printed as the manager would make them, for `flotilla deploy -i`. The status is 1 where the values of \
      some cluster cannot be made.

      Examples:
        # against the clusters of a manager
        flotilla apply shop -o - | flotilla target -b -
        # without one, and with the options that each cluster gets
        flotilla target -b bundles.yaml --clusters clusters.yaml --values
        # what is applied to one cluster
        flotilla target -b bundle.yaml --cluster edge-1 -o yaml | flotilla deploy -d -i -
      """)

  @Option(
    name: [.customShort("b"), .long],
    help: ArgumentHelp(
      "A file with Bundles, as `flotilla apply -o` writes it (- for standard input).", valueName: "file"))
  var bundleFile: String

  @Option(
    help: ArgumentHelp(
      "Manifests of clusters and groups to take instead of a manager's; repeatable.", valueName: "file"))
  var clusters: [String] = []

  @Option(
    help: ArgumentHelp("Look at this cluster alone: NAME or NAMESPACE/NAME; repeatable.", valueName: "name"))
  var cluster: [String] = []

  @Flag(help: "Show the options that each cluster gets, with its Helm values.")
  var values = false

  @Flag(
    name: [.customShort("l"), .long], help: "Print the clusters and groups that were looked at to standard error.")
  var dumpInputList = false

  @Option(name: [.customShort("o"), .long], help: "Print the objects: yaml or json.")
  var output: ManifestFormat?

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func run() async throws {
    let logger = logging.bootstrap("target")
    if values, output != nil { throw ValidationError("-o prints values anyway; leave out --values") }
    var bundles = try DocumentInput.bundles(bundleFile, option: "--bundle-file").map { bundle in
      var bundle = bundle
      if bundle.metadata.namespace.isEmpty { bundle.metadata.namespace = manager.chosenNamespace }
      return bundle
    }
    let inventory: TargetInventory
    if clusters.isEmpty {
      (inventory, bundles) = try await ask(for: bundles, logger)
    } else {
      let objects = try clusters.flatMap { try DocumentInput.objects($0, option: "--clusters") }
      inventory = try TargetInventory(objects: objects, namespace: manager.chosenNamespace)
      bundles = try bundles.map { try Self.complete($0, secrets: objects) }
    }
    try await show(bundles, narrowed(inventory), logger)
  }

  private func show(_ bundles: [Fleet.Bundle], _ inventory: TargetInventory, _ logger: Logger) async throws {
    let workers = HelmWorkers(command: .ownExecutable())
    var previews: [TargetPreview] = []
    for bundle in bundles {
      previews.append(
        await TargetPreview.make(bundle, inventory: inventory, engine: ValueTemplates(workers: workers)))
    }
    await workers.stop()
    if dumpInputList {
      StandardError.write(YAML.emit(inventory.clusters.map(\.value) + inventory.groups.map(\.value)))
    }
    if let output {
      try StandardOutput.write(output.text(try previews.flatMap { try $0.documents() }))
    } else {
      try StandardOutput.write(
        previews.map { TargetTable(preview: $0, showsOptions: values).text }.joined(separator: "\n"))
    }
    var hasFailed = false
    for entry in previews.flatMap(\.entries) {
      guard case .failed(let error, _) = entry.outcome else { continue }
      hasFailed = true
      if output != nil { Notices.fail("\(error)") }
    }
    if hasFailed { throw ExitCode.failure }
  }

  /// What the manager knows, and the bundles with values that it keeps apart.
  private func ask(
    for bundles: [Fleet.Bundle], _ logger: Logger
  ) async throws -> (TargetInventory, [Fleet.Bundle]) {
    try await manager.withManager(logger) { api in
      try await Notices.progress("asking \(api.client.config.server) for clusters", logger) {
        var objects = try await api.list(.cluster) + api.list(.clusterGroup) + api.list(APIResource.namespaces)
        // Managers that do not serve the kind have no mappings.
        let kinds = try await api.client.discovery()
        if kinds.resource(group: FleetKind.group, kind: FleetKind.bundleNamespaceMapping.kind) != nil {
          objects += try await api.list(.bundleNamespaceMapping)
        }
        var complete: [Fleet.Bundle] = []
        for bundle in bundles {
          let secret =
            bundle.spec.valuesHash.isEmpty
            ? nil
            : try await api.object(.secrets, namespace: bundle.metadata.namespace, name: bundle.metadata.name)
          complete.append(try Self.complete(bundle, secrets: secret.map { [$0] } ?? []))
        }
        var inventory = try TargetInventory(objects: objects, namespace: manager.chosenNamespace)
        // The manager deploys nothing to a cluster that has no namespace of its own yet.
        for waiting in inventory.clusters where waiting.clusterNamespace == nil {
          Notices.warn("cluster \(waiting.metadata.key) is left out: it is not set up yet (no status.namespace)")
        }
        inventory.clusters.removeAll { $0.clusterNamespace == nil }
        return (inventory, complete)
      }
    }
  }

  private func narrowed(_ inventory: TargetInventory) throws -> TargetInventory {
    guard !cluster.isEmpty else { return inventory }
    var narrowed = inventory
    narrowed.clusters = inventory.clusters.filter {
      cluster.contains($0.metadata.key) || cluster.contains($0.metadata.name)
    }
    let found = Set(narrowed.clusters.flatMap { [$0.metadata.key, $0.metadata.name] })
    if let missing = cluster.first(where: { !found.contains($0) }) {
      throw CommandError("--cluster: there is no cluster \(missing)")
    }
    return narrowed
  }

  /// A bundle with the Helm values that are kept in a Secret of its name.
  private static func complete(_ bundle: Fleet.Bundle, secrets: [Value]) throws -> Fleet.Bundle {
    guard !bundle.spec.valuesHash.isEmpty else { return bundle }
    let secret = secrets.first {
      let identity = ObjectIdentity(of: $0)
      return identity.kind == "Secret" && identity.name == bundle.metadata.name
        && (identity.namespace.isEmpty || identity.namespace == bundle.metadata.namespace)
    }
    guard let secret, let values = BundleValues(secret: secret) else {
      throw CommandError(
        "the Helm values of bundle \(bundle.metadata.key) are in a Secret of its name, which is not there; "
          + "add it to a --clusters file, or take a bundle that `flotilla apply -o` wrote")
    }
    return try values.restore(bundle)
  }
}
