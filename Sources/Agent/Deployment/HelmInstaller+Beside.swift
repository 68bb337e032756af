import Document
import Fleet
import HelmEngine

/// What a deployment has on its cluster beside its release.
extension HelmInstaller {
  /// Makes the copies that a version asks for, and takes away those that the one before asked for.
  func putCopies(_ payload: DeploymentPayload, existing: Release?, with access: Access) async throws {
    let namespace = payload.options.releaseNamespace
    let copies = DownstreamCopies(bundle: payload.bundleName, namespace: namespace, cluster: access.cluster)
    for wanted in payload.options.downstreamResources {
      let kind = wanted.isSecret ? "Secret" : "ConfigMap"
      guard payload.copies.contains(where: { $0.kind == kind && $0.name == wanted.name }) else {
        throw DeploymentFailure(
          kind: .final,
          message:
            "downstreamResources: \(kind) \(wanted.name) did not come with the bundle: its manager is older than this"
            + " agent, or the file that is deployed lacks it")
      }
    }
    try await copies.put(
      payload.copies, createsNamespace: payload.options.createNamespace ?? true,
      takesOver: payload.options.helm?.takeOwnership ?? false)
    if existing?.annotations[ReleaseMarks.copies] != nil { try await copies.remove(except: payload.copies) }
  }

  /// Makes copies again that somebody removed or changed.
  func restoreCopies(_ item: DesiredItem) async throws {
    let payload = try await load(item).0
    let access = try await access(serviceAccount: payload.options.serviceAccount)
    try await putCopies(payload, existing: nil, with: access)
  }

  /// Takes away the copies that a bundle brought to a namespace, and with them those of a release that says it had some.
  func removeCopies(of bundle: String?, beside release: ReleaseIdentity, _ details: Release?) async throws {
    let annotations = details?.annotations ?? [:]
    let owner = annotations[ReleaseMarks.copies] == nil ? nil : annotations[ReleaseAnnotations.bundleID]
    for name in Set([bundle, owner].compactMap(\.self)) {
      let access = try await access(serviceAccount: annotations[ReleaseAnnotations.serviceAccount] ?? "")
      try await DownstreamCopies(bundle: name, namespace: release.namespace, cluster: access.cluster).remove()
    }
  }

  /// Takes a namespace away with all that is in it.
  func removeNamespace(_ namespace: String, serviceAccount: String) async throws {
    guard !ProtectedNamespaces.contains(namespace, agentNamespace: agentNamespace) else { return }
    logger.notice("removing a namespace with its deployment (deleteNamespace)", metadata: ["namespace": "\(namespace)"])
    let access = try await access(serviceAccount: serviceAccount)
    try await access.cluster.delete(ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: namespace))
  }
}
