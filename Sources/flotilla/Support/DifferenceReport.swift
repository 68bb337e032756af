import Document
import Fleet

/// How the objects of one BundleDeployment differ, as its agent reported.
struct DeploymentDifference {
  let name: String
  let namespace: String
  let bundleName: String
  let bundleNamespace: String
  /// The cluster as `namespace/name`; empty where the labels do not say.
  let cluster: String
  let modified: [ModifiedStatus]
  let nonReady: [NonReadyStatus]
  /// There is more than is listed.
  let isIncomplete: Bool

  init(_ object: Value) throws {
    let deployment = try BundleDeployment(object)
    let status = try BundleDeploymentStatus(deployment.status)
    let labels = deployment.metadata.labels
    name = deployment.metadata.name
    namespace = deployment.metadata.namespace
    bundleName = labels[FleetLabels.bundleName] ?? name
    bundleNamespace = labels[FleetLabels.bundleNamespace] ?? ""
    cluster = labels[FleetLabels.cluster].map { "\(labels[FleetLabels.clusterNamespace] ?? "")/\($0)" } ?? ""
    modified = status.modifiedStatus
    nonReady = status.nonReadyStatus
    isIncomplete = status.incompleteState
  }

  /// The bundle as `namespace/name`.
  var bundle: String { "\(bundleNamespace)/\(bundleName)" }
  /// Whether anything is not as it was deployed; objects that are only not ready yet do not differ.
  var differs: Bool { !modified.isEmpty }
}

/// Differences of some deployments in the three forms of `flotilla bundlediff` (fleet-behaviour §9.2).
struct DifferenceReport {
  private let bundles: [(bundle: String, deployments: [DeploymentDifference])]
  private let all: [DeploymentDifference]

  /// - Parameter differences: sorted by bundle.
  init(_ differences: [DeploymentDifference]) {
    all = differences
    bundles = Dictionary(grouping: differences, by: \.bundle).sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// For people; deployments without anything to say are left out.
  var text: String {
    var text = ""
    for (bundle, deployments) in bundles {
      let told = deployments.filter { !$0.modified.isEmpty || !$0.nonReady.isEmpty }
      guard !told.isEmpty else { continue }
      text += (text.isEmpty ? "" : "\n") + Terminal.output("Bundle \(bundle)", .strong) + "\n"
      for deployment in told { text += Self.text(of: deployment) }
    }
    guard text.isEmpty else { return text }
    return "No differences in \(all.count) \(all.count == 1 ? "deployment" : "deployments").\n"
  }

  private static func text(of deployment: DeploymentDifference) -> String {
    let place = deployment.cluster.isEmpty ? "" : " on cluster \(deployment.cluster)"
    var text = "  BundleDeployment \(deployment.namespace)/\(deployment.name)\(place)\n"
    for status in deployment.modified {
      let (word, tone): (String, Terminal.Tone) =
        status.missing
        ? (status.exist ? "not ours" : "missing", .bad) : status.delete ? ("extra", .warning) : ("modified", .warning)
      text += "    \(Terminal.output(word, tone)) \(status.object.display)\n"
      if word == "modified" { text += patch(status.patch) }
    }
    for status in deployment.nonReady { text += "    \(Terminal.output("not ready", .warning)) \(status.display)\n" }
    return text
  }

  /// The merge patch that would make the live object what was deployed, as YAML.
  private static func patch(_ patch: String) -> String {
    guard let value = try? JSON.parse(patch, file: "patch") else { return "      \(patch)\n" }
    return YAML.emit(value).split(separator: "\n").map { "      \($0)\n" }.joined()
  }

  /// One document for each bundle: alone, or in a list.
  func json(isSingle: Bool) -> String {
    let documents = bundles.map { _, deployments -> Value in
      [
        "bundleName": .string(deployments.first?.bundleName ?? ""),
        "namespace": .string(deployments.first?.bundleNamespace ?? ""),
        "bundleDeploymentDiffs": .array(deployments.map { Self.value(of: $0) }),
      ]
    }
    let value: Value = if isSingle, documents.count == 1 { documents[0] } else { .array(documents) }
    return JSON.string(value, pretty: true) + "\n"
  }

  private static func value(of deployment: DeploymentDifference) -> Value {
    [
      "bundleDeploymentName": .string(deployment.name), "bundleName": .string(deployment.bundleName),
      "namespace": .string(deployment.namespace),
      "modifiedResources": .array(deployment.modified.map(\.value)),
      "nonReadyResources": .array(deployment.nonReady.map(\.value)),
    ]
  }

  /// What accepts the drift of all deployments together, for a fleet.yaml.
  var fleetYAML: String {
    let patches = DriftAcceptance.patches(for: all.flatMap(\.modified))
    guard !patches.isEmpty else { return "# no drift to accept\n" }
    return YAML.emit(["diff": ["comparePatches": .array(patches.map(\.value))]])
  }
}
