import ArgumentParser
import Document
import Fleet
import Foundation
import Logging

/// `flotilla apply`
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Make bundles of directories, and write them to a manager or print them.",
    discussion: """
      Reads directories as a GitRepo's paths are read: every directory with a fleet.yaml becomes a bundle, and \
      so does each PATH that holds YAML. Bundles that an earlier run of the same NAME made and this one does \
      not are deleted. If any directory fails, nothing is written. With -o neither a manager nor a kubeconfig \
      is needed.

      Examples:
        # print the bundles of the current directory
        flotilla apply shop -o -
        # write those of some directories to a manager
        flotilla apply shop apps/web 'apps/*-worker' --kubeconfig data/admin.kubeconfig
        # one directory as two bundles, each with options of its own
        flotilla apply shop --driven-scan web:prod.yaml web:test.yaml -o bundles.yaml
      """)

  @Argument(help: "What bundle names begin with, and the label repo-name of the bundles.")
  var name: String

  @Argument(help: "Directories, or globs of directories, below the root; default: the root itself.")
  var paths: [String] = []

  @Option(
    name: [.customShort("C"), .long], help: ArgumentHelp("The root that paths begin at.", valueName: "directory"))
  var directory = "."

  @Option(
    name: [.customShort("b"), .long],
    help: ArgumentHelp("Take Bundles from this file as they are, instead of directories.", valueName: "file"))
  var bundleFile: String?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the bundles to a file (- for standard output) instead of a manager.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Bundles") var bundle: BundleOptions
  @OptionGroup(title: "Charts from elsewhere") var helm: HelmAccessOptions
  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func validate() throws {
    if name.isEmpty { throw ValidationError("NAME must not be empty") }
    if bundleFile != nil, let other = bundle.givenForDirectories.first ?? paths.first {
      throw ValidationError("--bundle-file takes bundles as they are; it does not go with \(other)")
    }
  }

  func run() async throws {
    let logger = logging.bootstrap("apply")
    let built: BuildResult
    if let bundleFile { built = BuildResult(bundles: try read(bundleFile)) } else { built = try await build(logger) }
    let bundles = built.bundles
    guard let output else {
      guard built.imageScans.isEmpty else {
        throw CommandError(
          "ImageScans cannot be written to a manager, which does not serve them yet; print them with -o")
      }
      return try await upload(bundles, logger)
    }
    let text = YAML.emit(bundles.map(\.value) + built.imageScans)
    if output == "-" { return try StandardOutput.write(text) }
    do {
      try Data(text.utf8).write(to: URL(filePath: output))
    } catch {
      throw CommandError("cannot write \(output): \(error.localizedDescription)")
    }
    Notices.say("wrote \(bundles.count) \(bundles.count == 1 ? "bundle" : "bundles") to \(output)")
  }

  private func build(_ logger: Logger) async throws -> BuildResult {
    let maker = BundleMaker(logger: logger, sources: try helm.sources(), fresh: helm.refreshCharts)
    let options = try await bundle.options(
      namespace: manager.chosenNamespace, repository: name, paths: paths, logger: logger)
    let result = try await maker.make(
      repository: name, directory: directory, paths: paths.map { below($0) }, options: options)
    guard result.failures.isEmpty else {
      for failure in result.failures { Notices.fail("\(failure)") }
      let made = result.bundles.count
      Notices.say(
        "\(result.failures.count) failed"
          + (made == 0 ? "" : ", \(made) could be made")
          + (output == nil ? "; nothing was written to the manager" : "; nothing was written"))
      throw ExitCode.failure
    }
    return result
  }

  /// A path as the builder takes it: an absolute one that lies below the root is meant from there.
  private func below(_ path: String) -> String {
    guard path.hasPrefix("/") else { return path }
    let root = URL(filePath: directory).standardizedFileURL.resolvingSymlinksInPath().path
    let full = URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path
    if full == root { return "." }
    return full.hasPrefix(root + "/") ? String(full.dropFirst(root.count + 1)) : path
  }

  private func read(_ file: String) throws -> [Fleet.Bundle] {
    let labels = try self.bundle.labels
    return try DocumentInput.bundles(file, option: "--bundle-file").map { bundle in
      var bundle = bundle
      if manager.explicitNamespace != nil || bundle.metadata.namespace.isEmpty {
        bundle.metadata.namespace = manager.chosenNamespace
      }
      bundle.metadata.labels[FleetLabels.repoName] = Names.labelValue(name)
      bundle.metadata.labels.merge(labels) { $1 }
      bundle.status = .null
      return bundle
    }
  }

  private func upload(_ bundles: [Fleet.Bundle], _ logger: Logger) async throws {
    let environment = ProcessInfo.processInfo.environment
    let retries = environment["FLEET_APPLY_CONFLICT_RETRIES"].flatMap { Int($0) } ?? 1
    let owner = Names.labelValue(try bundle.labels[FleetLabels.repoName] ?? name)
    try await manager.withManager(logger) { api in
      let byNamespace = Dictionary(grouping: bundles, by: \.metadata.namespace).sorted { $0.key < $1.key }
      for (namespace, bundles) in byNamespace {
        let uploader = BundleUploader(
          manager: api, namespace: namespace, owner: owner, conflictRetries: max(0, retries))
        try await uploader.upload(bundles) { change in
          let tone: Terminal.Tone =
            switch change.action {
            case .created, .updated: .good
            case .unchanged: .dim
            case .deleted: .warning
            }
          try StandardOutput.write(
            "bundle \(change.bundle) \(Terminal.output(change.action.rawValue, tone))\n")
        }
      }
    }
  }
}
