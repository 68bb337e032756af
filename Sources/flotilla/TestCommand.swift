import Agent
import ArgumentParser
import Document
import Fleet
import HelmEngine
import Kustomizer
import Logging

/// `flotilla test`
struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Match one imagined cluster against a bundle, and print what it would get.",
    discussion: """
      Deprecated, as in Fleet: `flotilla target` does it for real clusters or manifests of clusters, and \
      `flotilla deploy --dry-run` renders. The status is 1 where nothing matches.

      Examples:
        # the bundle of a directory, for a cluster with a label
        flotilla test apps/web -l env=prod
        # only say which target matches a cluster of the group edge
        flotilla test -b bundle.yaml -g edge -q
        # as the target of this name would have it
        flotilla test apps/web -t customers
      """)

  @Argument(help: "The bundle's directory.")
  var directory = "."

  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("A file to use instead of fleet.yaml, relative to the directory.", valueName: "file"))
  var file: String?

  @Option(
    name: [.customShort("b"), .long],
    help: ArgumentHelp("A file with a Bundle, instead of a directory (- for standard input).", valueName: "file"))
  var bundleFile: String?

  @Flag(name: [.customShort("q"), .long], help: "Only say what matches.")
  var quiet = false

  @Option(name: [.customShort("g"), .long], help: ArgumentHelp("The group that the cluster is in.", valueName: "name"))
  var group = "default"

  @Option(name: [.customShort("N"), .long], help: ArgumentHelp("The cluster's name.", valueName: "name"))
  var name = "test"

  @Option(
    name: [.customShort("l"), .long], help: ArgumentHelp("A label of the cluster; repeatable.", valueName: "key=value"))
  var label: [String] = []

  @Option(
    name: [.customShort("L"), .long], help: ArgumentHelp("A label of the group; repeatable.", valueName: "key=value"))
  var groupLabel: [String] = []

  @Option(
    name: [.customShort("t"), .long],
    help: ArgumentHelp("Take the target of this name, whether it matches or not.", valueName: "name"))
  var target: String?

  @Option(help: ArgumentHelp("The Kubernetes version that templates see.", valueName: "version"))
  var kubeVersion = "v1.25.0"

  @OptionGroup(title: "Charts from elsewhere") var helm: HelmAccessOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func validate() throws {
    _ = try Labels.parse(label, option: "--label")
    _ = try Labels.parse(groupLabel, option: "--group-label")
    if bundleFile != nil, file != nil { throw ValidationError("--bundle-file and --file exclude each other") }
  }

  func run() async throws {
    let logger = logging.bootstrap("test")
    Notices.warn("`flotilla test` is deprecated: use `flotilla target` and `flotilla deploy --dry-run`")
    let workers = HelmWorkers(command: .ownExecutable())
    let result: Result<Void, any Error>
    do { result = .success(try await run(workers, logger)) } catch { result = .failure(error) }
    await workers.stop()
    try result.get()
  }

  private func run(_ workers: HelmWorkers, _ logger: Logger) async throws {
    var bundle = try await bundle(logger)
    if bundle.metadata.namespace.isEmpty { bundle.metadata.namespace = ManagerOptions.defaultNamespace }
    if let target { try narrow(&bundle, to: target) }
    let preview = await TargetPreview.make(
      bundle, inventory: try inventory(namespace: bundle.metadata.namespace),
      engine: ValueTemplates(workers: workers))
    switch preview.entries.first?.outcome {
    case .deployed(let deployment, let names)?:
      let custom = names.dropFirst().joined(separator: ", ")
      Notices.say("# Matched: \(names.first ?? "")" + (custom.isEmpty ? "" : ", customised by \(custom)"))
      guard !quiet else { return }
      let documents = try DeploymentDocuments(objects: [try ContentDocument.make(preview.manifest), deployment.value])
      let rendering = try await DeploymentPreview(
        workers: workers, kustomizer: Kustomizer(), kubeVersion: kubeVersion
      ).render(manifest: documents.manifest, payload: documents.payload)
      for remark in rendering.remarks { Notices.warn(remark) }
      try StandardOutput.write(ManifestFormat.yaml.text(rendering.objects))
    case .skipped(let reasons)?:
      throw CommandError("no match found: " + reasons.joined(separator: "; "))
    case .failed(let error, _)?: throw error
    case nil: throw CommandError("no match found")
    }
  }

  private func bundle(_ logger: Logger) async throws -> Fleet.Bundle {
    if let bundleFile {
      let bundles = try DocumentInput.bundles(bundleFile, option: "--bundle-file")
      guard let only = bundles.first, bundles.count == 1 else {
        throw CommandError("\(bundleFile) holds \(bundles.count) Bundles; `flotilla target` takes several")
      }
      return only
    }
    var options = BuildOptions()
    options.namespace = ManagerOptions.defaultNamespace
    // One directory is one bundle here, whatever lies below it.
    options.drivenBundles = [GitRepoSpec.BundlePath(base: ".", options: file ?? "")]
    let maker = BundleMaker(logger: logger, sources: try helm.sources(), fresh: helm.refreshCharts)
    let result = try await maker.make(repository: "test", directory: directory, paths: [], options: options)
    if let failure = result.failures.first { throw CommandError("\(failure)") }
    guard let bundle = result.bundles.first else { throw CommandError("\(directory) holds nothing to deploy") }
    return bundle
  }

  /// Leaves a bundle its one target, which then matches the imagined cluster.
  private func narrow(_ bundle: inout Fleet.Bundle, to name: String) throws {
    guard var chosen = bundle.spec.targets.first(where: { $0.name == name }) else {
      let names = bundle.spec.targets.map(\.name).joined(separator: ", ")
      throw CommandError("--target: the bundle has no target \(name); it has: \(names)")
    }
    chosen.criteria = TargetCriteria()
    chosen.criteria.clusterName = self.name
    bundle.spec.targets = [chosen]
    bundle.spec.targetRestrictions = []
  }

  /// The imagined cluster, and the group that it is in.
  private func inventory(namespace: String) throws -> TargetInventory {
    var inventory = TargetInventory()
    let labels = try Labels.parse(label, option: "--label")
    inventory.clusters = [Cluster(metadata: ObjectMeta(name: name, namespace: namespace, labels: labels))]
    if !group.isEmpty {
      var spec = ClusterGroupSpec()
      spec.selector = try SelectorSpec([:])
      let labels = try Labels.parse(groupLabel, option: "--group-label")
      inventory.groups = [
        ClusterGroup(metadata: ObjectMeta(name: group, namespace: namespace, labels: labels), spec: spec)
      ]
    }
    return inventory
  }
}
