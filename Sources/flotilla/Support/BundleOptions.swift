import ArgumentParser
import Fleet
import Foundation
import GitSource
import Logging

/// What `flotilla apply` adds to every bundle (fleet-behaviour §9.1), named as a GitRepo's fields are.
struct BundleOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("A file to use instead of fleet.yaml, relative to each directory.", valueName: "file"))
  var file: String?

  @Option(
    name: [.customShort("l"), .long],
    help: ArgumentHelp("A label of every bundle; repeatable.", valueName: "key=value"))
  var label: [String] = []

  @Option(
    help: ArgumentHelp("A file with targets and targetRestrictions of every bundle, YAML.", valueName: "file"))
  var targetsFile: String?

  @Flag(name: [.customShort("c"), .long], help: "Store every file compressed.")
  var compress = false

  @Option(
    name: [.customShort("a"), .long],
    help: ArgumentHelp("The service account that agents act as.", valueName: "name"))
  var serviceAccount: String?

  @Option(help: ArgumentHelp("A changed number deploys everything again.", valueName: "number"))
  var syncGeneration: Int64?

  @Option(help: ArgumentHelp("Force every object into this namespace.", valueName: "name"))
  var targetNamespace: String?

  @Flag(help: "Make the bundles paused.")
  var paused = false

  @Flag(help: "Keep deployed objects when a bundle goes.")
  var keepResources = false

  @Flag(help: "Delete the target namespace when a bundle goes.")
  var deleteNamespace = false

  @Option(
    help: ArgumentHelp(
      "The commit that the bundles are labelled with; default: COMMIT, else HEAD of the working directory.",
      valueName: "id"))
  var commit: String?

  @Flag(help: "Put drift right.")
  var correctDrift = false

  @Flag(help: "Replace objects that cannot be changed in place when drift is put right.")
  var correctDriftForce = false

  @Flag(help: "Keep failed corrections in Helm's history.")
  var correctDriftKeepFailHistory = false

  @Flag(name: .customLong("imagescan-enabled"), help: "Allow imageScans in fleet.yaml, and print ImageScans with -o.")
  var imageScanEnabled = false

  @Flag(help: "Each PATH is one bundle: DIRECTORY, or DIRECTORY:FILE with a file to use instead of fleet.yaml.")
  var drivenScan = false

  @Option(help: ArgumentHelp("What stands between DIRECTORY and FILE.", valueName: "text"))
  var drivenScanSep = ":"

  func validate() throws {
    _ = try Labels.parse(label, option: "--label")
    if !correctDrift, correctDriftForce || correctDriftKeepFailHistory {
      throw ValidationError("--correct-drift-force and --correct-drift-keep-fail-history need --correct-drift")
    }
    if drivenScanSep.isEmpty { throw ValidationError("--driven-scan-sep must not be empty") }
  }

  /// Options that were given and only mean something while bundles are made of directories.
  var givenForDirectories: [String] {
    let given: [(String, Bool)] = [
      ("--file", file != nil), ("--targets-file", targetsFile != nil), ("--compress", compress),
      ("--service-account", serviceAccount != nil), ("--sync-generation", syncGeneration != nil),
      ("--target-namespace", targetNamespace != nil), ("--paused", paused), ("--keep-resources", keepResources),
      ("--delete-namespace", deleteNamespace), ("--commit", commit != nil), ("--correct-drift", correctDrift),
      ("--driven-scan", drivenScan), ("--imagescan-enabled", imageScanEnabled),
    ]
    return given.filter(\.1).map(\.0)
  }

  /// The labels of every bundle.
  var labels: [String: String] { get throws { try Labels.parse(label, option: "--label") } }

  /// What the builder is told. Reads the files that the options name.
  func options(namespace: String, repository: String, paths: [String], logger: Logger) async throws -> BuildOptions {
    var options = BuildOptions()
    options.namespace = namespace
    options.labels = try labels
    options.repoLabel = options.labels[FleetLabels.repoName] ?? repository
    options.commit = await chosenCommit(logger)
    if let targetsFile {
      options.targetsFile = try TargetsFile(
        parsing: try DocumentInput.bytes(targetsFile, option: "--targets-file"), file: targetsFile)
    }
    options.targetNamespace = targetNamespace ?? ""
    options.serviceAccount = serviceAccount ?? ""
    options.forceSyncGeneration = syncGeneration ?? 0
    options.paused = paused
    options.keepResources = keepResources
    options.deleteNamespace = deleteNamespace
    options.correctDrift = CorrectDrift(
      enabled: correctDrift, force: correctDriftForce, keepFailHistory: correctDriftKeepFailHistory)
    options.configurationFile = file
    options.compress = compress
    options.imageScans = imageScanEnabled
    if drivenScan { options.drivenBundles = try drivenBundles(paths) }
    return options
  }

  private func chosenCommit(_ logger: Logger) async -> String {
    if let commit { return commit }
    if let commit = ProcessInfo.processInfo.environment["COMMIT"], !commit.isEmpty { return commit }
    do {
      return try await GitWorkingDirectory.head(of: FileManager.default.currentDirectoryPath) ?? ""
    } catch {
      Notices.warn("\(error); the bundles get no commit label: give --commit")
      return ""
    }
  }

  private func drivenBundles(_ paths: [String]) throws -> [GitRepoSpec.BundlePath] {
    try paths.map { path in
      let parts = path.split(separator: drivenScanSep, omittingEmptySubsequences: false)
      guard parts.count <= 2, let base = parts.first, !base.isEmpty else {
        throw ValidationError(
          "--driven-scan takes DIRECTORY or DIRECTORY\(drivenScanSep)FILE, not '\(path)'; --driven-scan-sep changes what"
            + " stands between them")
      }
      return GitRepoSpec.BundlePath(base: String(base), options: parts.count == 2 ? String(parts[1]) : "")
    }
  }
}
