import Agent
import ArgumentParser
import Document
import Fleet
import HelmEngine
import Kustomizer
import Logging

/// `flotilla deploy`
struct DeployCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Deploy one BundleDeployment as an agent would, or show with --dry-run what it would apply.",
    discussion: """
      The input holds a Content and a BundleDeployment, in any order, as `flotilla target -o yaml` prints them. \
      With --dry-run no cluster is needed: the finished objects are printed, hooks included, as a YAML list; \
      valuesFrom is skipped. Without it the deployment becomes a Helm release on the cluster of the kubeconfig.

      Examples:
        # what is applied to one cluster
        flotilla target -b bundle.yaml --cluster edge-1 -o yaml | flotilla deploy -d -i -
        # compared with what is there
        flotilla deploy -d -i deployment.yaml -o stream | kubectl diff -f -
        # deploy it
        flotilla deploy -i deployment.yaml --kubeconfig edge-1.kubeconfig
      """)

  /// How the objects of a dry run are printed.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case yaml, json, stream

    func text(_ objects: [Value]) -> String {
      switch self {
      case .yaml: ManifestFormat.yaml.text(.array(objects))
      case .json: ManifestFormat.json.text(objects)
      case .stream: ManifestFormat.yaml.text(objects)
      }
    }
  }

  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp("The file with Content and BundleDeployment (- for standard input).", valueName: "file"))
  var inputFile: String

  @Option(
    help: ArgumentHelp("Which BundleDeployment of several: its cluster, NAME or NAMESPACE/NAME.", valueName: "name"))
  var cluster: String?

  @Option(help: ArgumentHelp("Which BundleDeployment of several: its bundle.", valueName: "name"))
  var bundle: String?

  @Flag(name: [.customShort("d"), .long], help: "Print the objects and deploy nothing.")
  var dryRun = false

  @Option(
    name: [.customShort("o"), .long],
    help: "How --dry-run prints: yaml (a list), json (a List) or stream (documents for kubectl).")
  var output: Format?

  @Option(help: ArgumentHelp("The Kubernetes version that templates see in a dry run.", valueName: "version"))
  var kubeVersion = "v1.25.0"

  @Option(
    name: [.customShort("a"), .long],
    help: ArgumentHelp("The agent's namespace, noted in the release.", valueName: "name"))
  var agentNamespace = RegistrationValues.defaultAgentNamespace

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("The release's namespace where the bundle names none; default: default.", valueName: "name"))
  var namespace: String?

  @Option(help: ArgumentHelp("The cluster's kubeconfig; default: KUBECONFIG, else ~/.kube/config.", valueName: "file"))
  var kubeconfig: String?

  @OptionGroup(title: "Logging") var logging: VerbLogging

  func validate() throws {
    if output != nil, !dryRun { throw ValidationError("-o says how --dry-run prints; without it nothing is printed") }
    guard kubeVersion.wholeMatch(of: /v?[0-9]+\.[0-9]+(\.[0-9]+)?([-+].*)?/) != nil else {
      throw ValidationError("--kube-version takes a version such as v1.31.0, not '\(kubeVersion)'")
    }
  }

  func run() async throws {
    let logger = logging.bootstrap("deploy")
    let documents = try DeploymentDocuments(
      objects: try DocumentInput.objects(inputFile, option: "--input-file"), cluster: cluster, bundle: bundle)
    if documents.hasOtherOptions {
      Notices.warn(
        "the options are not those that the deploymentID was made of: the file was edited or Fleet's, or it lacks the"
          + " Helm values, which the API does not show; `flotilla target -o yaml` prints them")
    }
    var payload = documents.payload
    if let namespace, payload.options.defaultNamespace.isEmpty { payload.options.defaultNamespace = namespace }
    guard dryRun else { return try await deploy(payload, documents.manifest, logger) }
    let workers = HelmWorkers(command: .ownExecutable())
    let preview = DeploymentPreview(workers: workers, kustomizer: Kustomizer(), kubeVersion: kubeVersion)
    let rendering = try await Notices.progress("rendering \(payload.bundleName)", logger) {
      try await preview.render(manifest: documents.manifest, payload: payload, agentNamespace: agentNamespace)
    }
    await workers.stop()
    for remark in rendering.remarks { Notices.warn(remark) }
    try StandardOutput.write((output ?? .yaml).text(rendering.objects))
  }

  private func deploy(_ payload: DeploymentPayload, _ manifest: Manifest, _ logger: Logger) async throws {
    var cluster = ManagerOptions()
    cluster.kubeconfig = kubeconfig
    let deployment = DirectDeployment(
      kubeconfig: try cluster.kubeconfigPath(), agentNamespace: agentNamespace,
      helmWorker: .ownExecutable(), logger: logger)
    let outcome = try await Notices.progress("deploying \(payload.bundleName)", logger) {
      try await deployment.run(manifest: manifest, payload: payload)
    }
    for object in outcome.objects { try StandardOutput.write("\(object)\n") }
    try StandardOutput.write("release \(outcome.release) is at revision \(outcome.revision)\n")
  }
}
