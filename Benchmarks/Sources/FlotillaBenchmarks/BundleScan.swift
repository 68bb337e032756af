import Fleet
import Foundation
import GitSource

/// A repository with 1,000 bundle directories and 5,000 files: from a commit in the mirror to its bundles, and from the
/// commit on a server that has not been asked before.
enum BundleScan {
  private static let directories = 1000
  private static let filesPerDirectory = 5

  static func run() async throws -> [Figure] {
    let base = FileManager.default.temporaryDirectory.appending(path: "flotilla-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: base) }
    try makeRepository(base)
    let remote = try GitRemote(url: "file://\(base)/repository.git")
    var (scan, fetch) = (Double.infinity, Double.infinity)
    for run in 0..<5 {
      let mirror = GitMirror(directory: "\(base)/mirror-\(run)")
      let start = ContinuousClock.now
      let commit = try await mirror.fetch(.branch("main"), from: remote)
      let fetched = ContinuousClock.now
      try await check(mirror.withTree(of: commit) { BundleBuilder.build(repository: "shop", tree: Tree(tree: $0)) })
      let end = ContinuousClock.now
      scan = min(scan, Measure.seconds(end - fetched))
      fetch = min(fetch, Measure.seconds(end - start))
    }
    let files = Double(directories * filesPerDirectory)
    return [
      Figure(name: "bundle-scan", value: files / scan, unit: "files/s"),
      Figure(name: "bundle-scan-fetch", value: files / fetch, unit: "files/s"),
      Figure(name: "bundle-scan-memory", value: Measure.residentMegabytes(), unit: "MB"),
    ]
  }

  private static func check(_ result: BuildResult) throws {
    guard result.bundles.count == directories, result.failures.isEmpty,
      result.bundles.allSatisfy({ $0.spec.resources.count == filesPerDirectory - 2 })
    else { throw Mistake("\(result.bundles.count) bundles were made, and failures: \(result.failures.prefix(3))") }
  }

  /// A commit's tree as the bundle builder reads it; the manager has the same.
  private struct Tree: SourceTree {
    let tree: GitTree

    var entries: [SourceEntry] { tree.entries.map { SourceEntry(path: $0.path, size: $0.size) } }

    func contents(of path: String) throws -> [UInt8] { try tree.contents(of: path) }
  }

  private static func makeRepository(_ base: String) throws {
    var random = SplitMix(state: 2)
    var script = """
      commit refs/heads/main
      committer Bench <bench@example.com> 0 +0000
      data 6
      start


      """
    for directory in 0..<directories {
      let name = "service-\(directory)"
      let files = [
        "fleet.yaml": configuration(name), "values.yaml": "replicas: 3\nname: \(name)\n",
        "deployment.yaml": Manifests.deployment(name, &random), "service.yaml": Manifests.service(name),
        "configmap.yaml": Manifests.configMap(name, lines: 20, &random),
      ]
      for (file, text) in files.sorted(by: { $0.key < $1.key }) {
        script += "M 100644 inline team-\(directory % 20)/\(name)/\(file)\ndata \(text.utf8.count)\n\(text)\n"
      }
    }
    let input = "\(base)/import"
    try script.write(toFile: input, atomically: false, encoding: .utf8)
    try git(["init", "-q", "--bare", "-b", "main", "\(base)/repository.git"])
    try git(["-C", "\(base)/repository.git", "fast-import", "--quiet"], input: input)
  }

  private static func configuration(_ name: String) -> String {
    """
    defaultNamespace: \(name)
    labels: {team: shop}
    helm:
      releaseName: \(name)
      valuesFiles: [values.yaml]
    targetCustomizations:
    - name: dev
      clusterSelector: {matchLabels: {env: dev}}
      helm:
        values: {replicas: 1}

    """
  }

  private static func git(_ arguments: [String], input: String? = nil) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.standardInput = try input.map { try FileHandle(forReadingFrom: URL(filePath: $0)) } ?? FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Mistake("git \(arguments.joined(separator: " ")) ended with status \(process.terminationStatus)")
    }
  }
}
