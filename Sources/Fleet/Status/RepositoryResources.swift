import Document

/// `status.resources` of a GitRepo: every deployed object, and how it is on each cluster (fleet-behaviour §5.13).
///
/// Feed it all deployments of the repository in order of their clusters; made when somebody reads the GitRepo.
public struct RepositoryResources: Sendable {
  private struct Entry: Sendable {
    var object: ObjectIdentity
    var state = BundleState.ready.rawValue
    var error = false
    var transitioning = false
    var message = ""
    var incomplete = false
    var clusters: [String: [String]] = [:]
  }

  private var entries: [ObjectIdentity: Entry] = [:]
  private var identifierBytes = 0

  /// No objects.
  public init() {}

  /// Adds the objects of one deployment.
  ///
  /// - Parameters:
  ///   - cluster: the cluster's `namespace/name`.
  ///   - state: the deployment's state.
  ///   - status: what its agent says.
  public mutating func add(cluster: String, state: BundleState, status: BundleDeploymentStatus) {
    let modified = Dictionary(status.modifiedStatus.map { ($0.object, $0) }) { first, _ in first }
    let nonReady = Dictionary(status.nonReadyStatus.map { ($0.object, $0) }) { first, _ in first }
    let fallback: String =
      switch state {
      case .notReady, .modified: status.incompleteState ? "Unknown" : BundleState.ready.rawValue
      default: state.rawValue
      }
    let objects = Set(status.resources.map(\.object)).union(modified.keys)
    for object in objects.sorted() {
      var entry = entries[object] ?? Entry(object: object)
      var objectState = fallback
      if let difference = modified[object] {
        objectState = difference.missing ? "Missing" : difference.delete ? "Orphaned" : "Modified"
      } else if let report = nonReady[object] {
        objectState = report.summary.state
        entry.error = entry.error || report.summary.error
        entry.transitioning = entry.transitioning || report.summary.transitioning
        if entry.message.isEmpty { entry.message = report.summary.message.joined(separator: "; ") }
      }
      if entry.state == BundleState.ready.rawValue { entry.state = objectState }
      entry.incomplete = entry.incomplete || status.incompleteState
      if let list = RepositoryResources.list(for: objectState),
        identifierBytes + cluster.utf8.count <= Limits.clusterIdentifierBytes
      {
        identifierBytes += cluster.utf8.count
        entry.clusters[list, default: []].append(cluster)
      }
      entries[object] = entry
    }
  }

  private static func list(for state: String) -> String? {
    switch state {
    case "Ready": "ready"
    case "WaitApplied": "waitApplied"
    case "Pending": "pending"
    case "Modified": "modified"
    case "Orphaned": "orphaned"
    case "Missing": "missing"
    case "Unknown": "unknown"
    case "ErrApplied", "OutOfSync": nil
    // Fleet leaves out raw states other than these two; every state that is none of the above means not ready.
    default: "notReady"
    }
  }

  /// The list for `status.resources`, sorted by type and id.
  public var value: [Value] {
    entries.values.map { entry -> (String, Value) in
      let object = entry.object
      let type = object.group.isEmpty ? object.kind.lowercased() : "\(object.group).\(object.kind.lowercased())"
      let id = object.namespace.isEmpty ? object.name : "\(object.namespace)/\(object.name)"
      var writer = FieldWriter()
      object.write(to: &writer)
      writer.set("type", type)
      writer.set("id", id)
      writer.set("state", entry.state)
      writer.set("error", entry.error)
      writer.set("transitioning", entry.transitioning)
      writer.set("message", entry.message)
      writer.set("incompleteState", entry.incomplete)
      writer.set("perClusterState", .object(entry.clusters.mapValues { Value($0) }))
      return ("\(type)/\(id)", writer.value)
    }
    .sorted { $0.0 < $1.0 }.map(\.1)
  }
}
