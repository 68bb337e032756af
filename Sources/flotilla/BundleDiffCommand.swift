import ArgumentParser
import Document
import Fleet
import Logging

/// `flotilla bundlediff`
struct BundleDiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundlediff",
    abstract: "Show how live objects differ from what bundles deployed.",
    discussion: """
      Reads what agents reported: modified, missing, extra and unready objects, bundle by bundle. The status is \
      0 where nothing differs and 2 where something does. --fleet-yaml prints a diff.comparePatches for \
      fleet.yaml that accepts the drift of a deployment as it is.

      Examples:
        # every bundle of a namespace
        flotilla bundlediff -n fleet-default
        # one bundle, for programs
        flotilla bundlediff -n fleet-default -b shop-web --json
        # accept the drift
        flotilla bundlediff --bundle-deployment shop-web --fleet-yaml >> web/fleet.yaml
        # from a dump
        kubectl get bundledeployments -A -o yaml | flotilla bundlediff -i -
      """)

  @Option(
    help: ArgumentHelp("The deployments of this name, or the one of NAMESPACE/NAME.", valueName: "name"))
  var bundleDeployment: String?

  @Option(name: [.customShort("b"), .long], help: ArgumentHelp("The deployments of this bundle.", valueName: "name"))
  var bundle: String?

  @Flag(help: "Print JSON: with -b or --bundle-deployment one document, otherwise a list of them.")
  var json = false

  @Flag(help: "Print a diff.comparePatches that accepts the drift; needs --bundle-deployment.")
  var fleetYAML = false

  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp(
      "Read BundleDeployments from this file instead of a manager (- for standard input).", valueName: "file"))
  var input: String?

  @Flag(name: [.customShort("A"), .long], help: "Bundles of all namespaces.")
  var allNamespaces = false

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func validate() throws {
    if fleetYAML, json { throw ValidationError("--fleet-yaml and --json exclude each other") }
    if fleetYAML, bundleDeployment == nil { throw ValidationError("--fleet-yaml needs --bundle-deployment") }
    if bundle != nil, bundleDeployment != nil {
      throw ValidationError("--bundle and --bundle-deployment exclude each other")
    }
  }

  func run() async throws {
    let logger = logging.bootstrap("bundlediff")
    let objects: [Value]
    if let input {
      objects = try DocumentInput.objects(input, option: "--input")
        .filter { $0["kind"]?.string == BundleDeployment.kind }
    } else {
      objects = try await manager.withManager(logger) { api in
        try await Notices.progress("reading deployments", logger) { try await api.list(.bundleDeployment) }
      }
    }
    let differences = try objects.map { try DeploymentDifference($0) }.filter { isWanted($0) }
      .sorted { ($0.bundle, $0.namespace) < ($1.bundle, $1.namespace) }
    if differences.isEmpty, let wanted = bundleDeployment ?? bundle {
      throw CommandError(
        "there is no deployment of \(wanted)"
          + (allNamespaces || input != nil ? "" : " in namespace \(manager.chosenNamespace); -n names another one"))
    }
    let report = DifferenceReport(differences)
    for incomplete in differences where incomplete.isIncomplete {
      Notices.warn("\(incomplete.namespace)/\(incomplete.name): its agent lists only the first objects that differ")
    }
    if fleetYAML {
      try StandardOutput.write(report.fleetYAML)
    } else if json {
      try StandardOutput.write(report.json(isSingle: (bundle ?? bundleDeployment) != nil))
    } else {
      try StandardOutput.write(report.text)
    }
    if differences.contains(where: \.differs) { throw ExitCode(2) }
  }

  private func isWanted(_ difference: DeploymentDifference) -> Bool {
    if let bundle, difference.bundleName != bundle { return false }
    if let bundleDeployment {
      let key = "\(difference.namespace)/\(difference.name)"
      if bundleDeployment.contains("/") { return key == bundleDeployment }
      guard difference.name == bundleDeployment else { return false }
    }
    // A file holds what the user chose; a namespace that is named chooses from it all the same.
    if allNamespaces || (input != nil && manager.explicitNamespace == nil) { return true }
    return [difference.bundleNamespace, difference.namespace].contains(manager.chosenNamespace)
  }
}
