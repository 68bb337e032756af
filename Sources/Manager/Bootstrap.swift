import Document
import Store

/// What exists before anybody has applied anything (fleet-behaviour §3.2, §6.1): the namespaces people know and the default
/// group of `fleet-local`. Made where it is missing, at every start.
struct Bootstrap: Sendable {
  /// The namespace of the manager's own things: webhook secrets, known hosts.
  static let systemNamespace = "cattle-fleet-system"
  /// Where the local cluster is registered.
  static let localNamespace = "fleet-local"
  /// Where downstream clusters usually are.
  static let defaultWorkspace = "fleet-default"

  /// The namespaces that are always there and cannot be deleted.
  static let namespaces = ["default", systemNamespace, localNamespace, defaultWorkspace]

  let objects: ObjectRepository
  /// True: there is a local cluster, `fleet-local/local`.
  let localCluster: Bool

  func run() async throws {
    for namespace in Self.namespaces {
      _ = try await objects.createIfAbsent(Self.namespace(namespace), kind: StoredKind.namespaces)
    }
    _ = try await objects.createIfAbsent(
      [
        "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "ClusterGroup",
        "metadata": ["name": "default", "namespace": .string(Self.localNamespace)],
        "spec": ["selector": ["matchLabels": ["name": "local"]]],
      ], kind: StoredKind.clusterGroups)
    if localCluster {
      _ = try await objects.createIfAbsent(
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Cluster",
          "metadata": [
            "name": "local", "namespace": .string(Self.localNamespace), "labels": ["name": "local"],
          ],
          "spec": [:],
        ], kind: StoredKind.clusters)
    }
  }

  /// A Namespace object.
  static func namespace(
    _ name: String, labels: [String: String] = [:], annotations: [String: String] = [:]
  ) -> Value {
    var metadata: [String: Value] = [
      "name": .string(name),
      "labels": .object(
        labels.merging(["kubernetes.io/metadata.name": name]) { $1 }.mapValues { .string($0) }),
    ]
    if !annotations.isEmpty { metadata["annotations"] = .object(annotations.mapValues { .string($0) }) }
    return [
      "apiVersion": "v1", "kind": "Namespace", "metadata": .object(metadata),
      "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
    ]
  }
}
