import Document
import Fleet
import Logging

/// Keeps the copies of the manager's Secrets and ConfigMaps that bundles ask for beside what they deploy (`downstreamResources`,
/// fleet-behaviour §5.1, 5).
///
/// Several bundles may bring the same object to one namespace: each has a label of its own on it, and the last to go takes it along.
struct DownstreamCopies: Sendable {
  /// The bundle that brings them.
  let bundle: String
  /// Where they go.
  let namespace: String
  /// The cluster, with the rights that the bundle is deployed with.
  let cluster: any ClusterAPI

  private static let types = ["Secret", "ConfigMap"].map { ObjectType(apiVersion: "v1", kind: $0) }
  private var label: String { DownstreamCopy.label(ofBundle: bundle) }

  /// Makes the copies what they should be.
  ///
  /// - Parameter createsNamespace: whether a namespace that is not there may be made.
  /// - Throws: `DeploymentFailure`, also where an object of the name is there that no bundle brought and `takesOver` is not set.
  func put(_ copies: [DownstreamCopy], createsNamespace: Bool, takesOver: Bool) async throws {
    guard !copies.isEmpty else { return }
    let home = ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: namespace)
    if createsNamespace, try await cluster.object(home) == nil {
      try await cluster.createNamespace(namespace)
    }
    for copy in copies {
      let identity = identity(copy.kind, copy.name)
      let live = try await cluster.object(identity)
      let labels = live?.at("metadata", "labels")?.stringMap ?? [:]
      guard live == nil || takesOver || labels[DownstreamCopy.ownerLabel] != nil else {
        throw DeploymentFailure(
          kind: .transient,
          message: "downstreamResources: \(identity.text) exists and was copied by no bundle: remove it, or set"
            + " helm.takeOwnership")
      }
      try await cluster.apply(
        copy.object(in: namespace, bundle: bundle), to: identity, fieldManager: fieldManager)
    }
  }

  /// Takes away the copies that the bundle brought here, but for those that other bundles need too.
  ///
  /// - Parameter kept: copies that it still needs.
  func remove(except kept: [DownstreamCopy] = []) async throws {
    let kept = Set(kept.map { identity($0.kind, $0.name) })
    for type in Self.types {
      for object in try await cluster.objects(type, namespace: namespace, labels: [label: "true"]).objects {
        let identity = identity(type.kind, object.at("metadata", "name")?.string ?? "")
        if !kept.contains(identity) { try await letGo(of: identity) }
      }
    }
  }

  private func letGo(of identity: ObjectIdentity) async throws {
    let patch: Value = ["metadata": ["labels": .object([label: .null])]]
    guard let left = try await cluster.mergePatch(identity, patch) else { return }
    let users = (left.at("metadata", "labels")?.object ?? [:]).keys.filter {
      $0.hasPrefix(DownstreamCopy.labelPrefix)
    }
    if users.isEmpty { try await cluster.delete(identity) }
  }

  private func identity(_ kind: String, _ name: String) -> ObjectIdentity {
    ObjectIdentity(apiVersion: "v1", kind: kind, namespace: namespace, name: name)
  }

  /// Each bundle owns its own label of an object, and shares the rest with the others that bring it.
  private var fieldManager: String { "flotilla-copy-\(bundle)" }
}
