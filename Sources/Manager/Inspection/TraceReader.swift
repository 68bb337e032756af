import Document
import Fleet
import KubeServer
import Store

/// Reads what a trace is made of: from the store, and from the agent's session where there is one.
struct TraceReader: Sendable {
  let objects: ObjectRepository
  let hub: SessionHub

  /// The trace of a bundle for a cluster.
  ///
  /// - Throws: ``KubeError`` with code `notFound` where one of them is not there.
  func trace(bundle: ObjectName, cluster: ObjectName) async throws -> Value {
    DeploymentTrace(try await facts(bundle: bundle, cluster: cluster)).value
  }

  /// The bundle and the cluster of a deployment.
  ///
  /// - Throws: ``KubeError`` with code `notFound`.
  func parties(ofDeployment name: String, in namespace: String) async throws -> (
    bundle: ObjectName, cluster: ObjectName
  ) {
    let record = try await Self.record(name, in: namespace, store: objects.store)
    return (record.bundle, record.cluster)
  }

  /// The record of a deployment.
  ///
  /// - Throws: ``KubeError`` with code `notFound`.
  static func record(_ name: String, in namespace: String, store: any Store) async throws -> DeploymentRecord {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace, name: name)
    guard let stored = try await store.get(key) else {
      throw missing(StoredKind.bundleDeployments, ObjectName(namespace: namespace, name: name))
    }
    return try DeploymentRecord(decoding: stored.body, key: key)
  }

  private func facts(bundle name: ObjectName, cluster clusterName: ObjectName) async throws -> TraceFacts {
    let document = try await object(StoredKind.bundles, name)
    let clusterDocument = try await object(StoredKind.clusters, clusterName)
    let (bundle, cluster): (Bundle, Cluster)
    do {
      (bundle, cluster) = (try Bundle(document), try Cluster(clusterDocument))
    } catch {
      throw KubeError.internalError("bundle \(name) or cluster \(clusterName) cannot be read: \(error)", cause: error)
    }
    let groups = try await objects.list(kind: StoredKind.clusterGroups, namespace: clusterName.namespace)
      .compactMap { try? TargetGroup(ClusterGroup($0)) }
    var facts = TraceFacts(
      bundle: bundle, content: StoredContent(document["content"]), gitRepo: nil, cluster: cluster,
      groups: Targeting.groups(of: TargetCluster(cluster), among: groups), managerStarted: hub.began)
    facts.isCandidate = try await reaches(bundle, namespace: clusterName.namespace)
    if let repo = bundle.metadata.labels[FleetLabels.repoName], !repo.isEmpty {
      let key = ObjectKey(kind: StoredKind.gitRepos, namespace: name.namespace, name: repo)
      facts.gitRepo = try await objects.get(key).map { try GitRepo($0) }
    }
    let namespace = cluster.clusterNamespace ?? cluster.expectedClusterNamespace
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace, name: name.name)
    if let stored = try await objects.store.get(key) {
      let record = try DeploymentRecord(decoding: stored.body, key: key)
      if record.bundle == name {
        facts.record = record
        let reported = try await objects.store.get(key.status)
        facts.status = reported == nil ? nil : DeploymentView(record: record, reported: reported).status
      } else {
        facts.occupant = record.bundle
      }
    }
    if let session = await hub.session(of: namespace) {
      facts.agent = .connected(await session.delivery(of: name.name))
    }
    return facts
  }

  /// Whether a bundle may reach clusters of a namespace (fleet-behaviour §3.2).
  private func reaches(_ bundle: Bundle, namespace: String) async throws -> Bool {
    guard bundle.metadata.namespace != namespace else { return true }
    let mappings = try await objects.list(
      kind: StoredKind.bundleNamespaceMappings, namespace: bundle.metadata.namespace
    ).compactMap { try? NamespaceMapping($0) }
    let key = ObjectKey(kind: StoredKind.namespaces, namespace: "", name: namespace)
    let labels = try await objects.get(key)?.at("metadata", "labels")?.stringMap ?? [:]
    return NamespaceMapping.candidateNamespaces(
      bundleNamespace: bundle.metadata.namespace, bundleLabels: bundle.metadata.labels, mappings: mappings,
      namespaces: [namespace: labels]
    ).contains(namespace)
  }

  private func object(_ kind: String, _ name: ObjectName) async throws -> Value {
    let key = ObjectKey(kind: kind, namespace: name.namespace, name: name.name)
    guard let object = try await objects.get(key) else { throw Self.missing(kind, name) }
    return object
  }

  private static func missing(_ kind: String, _ name: ObjectName) -> KubeError {
    KubeError(.notFound, "\(kind) \"\(name.name)\" not found in namespace \"\(name.namespace)\"")
  }
}
