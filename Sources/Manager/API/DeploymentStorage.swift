import Document
import Fleet
import KubeServer
import Store

/// BundleDeployments for the API: rendered from the compact record, the options by digest and the agent's last status.
///
/// They are the manager's to write; clients may read, watch and delete them (a deleted one that is still wanted comes
/// back).
struct DeploymentStorage: ResourceStorage {
  let store: any Store
  let kind: ResourceKind
  let renderer: DeploymentRenderer

  func get(namespace: String?, name: String) async throws -> Value? {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace ?? "", name: name)
    return try await renderer.current(key)?.object
  }

  func list(namespace: String?, limit: Int?, continue token: String?) async throws -> ResourceList {
    var page = try await records.list(namespace: namespace, limit: limit, continue: token)
    var items: [Value] = []
    for item in page.items {
      let key = ObjectRepository.key(of: item, kind: StoredKind.bundleDeployments)
      if let rendered = try await renderer.current(key) { items.append(rendered.object) }
    }
    page.items = items
    return page
  }

  func create(_ object: Value) async throws -> Value {
    throw KubeError.forbidden(kind, name: object.at("metadata", "name")?.string ?? "", Self.readOnly)
  }

  func update(_ object: Value) async throws -> Value {
    throw KubeError.forbidden(kind, name: object.at("metadata", "name")?.string ?? "", Self.readOnly)
  }

  func delete(namespace: String?, name: String, resourceVersion: String?) async throws -> Value {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: namespace ?? "", name: name)
    guard let last = try await renderer.current(key) else { throw KubeError.notFound(kind, name: name) }
    if let resourceVersion, last.object.at("metadata", "resourceVersion")?.string != resourceVersion {
      throw KubeError.conflict(kind, name: name)
    }
    do {
      _ = try await store.commit([.delete(key), .delete(key.status)])
    } catch {
      throw KubeError.from(error, kind: kind, name: name)
    }
    return last.object
  }

  func watch(namespace: String?, resourceVersion: String?) async throws -> AsyncThrowingStream<ResourceEvent, any Error>
  {
    try await StoreBackedWatch(
      store: store, kind: kind, storedKinds: [StoredKind.bundleDeployments, StoredKind.deploymentStatuses]
    ).events(namespace: namespace, resourceVersion: resourceVersion) { try await translate($0) }
  }

  private static let readOnly = "BundleDeployments are made from Bundles; change the Bundle or its GitRepo instead"

  /// Pages and revisions of the records; the items are replaced by rendered ones.
  private var records: StoreResourceStorage {
    StoreResourceStorage(
      store: store, kind: kind, storedKind: StoredKind.bundleDeployments, codec: DeploymentNameCodec())
  }

  private func translate(_ event: StoreEvent) async throws -> ResourceEvent? {
    let revision = event.revision
    if event.key.kind == StoredKind.deploymentStatuses {
      let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: event.key.namespace, name: event.key.name)
      guard let record = try await store.get(key), event.object != nil else { return nil }
      return .modified(
        old: try await renderer.render(record, status: event.previous, revision: record.revision),
        new: try await renderer.render(record, status: event.object, revision: revision))
    }
    let status = try await store.get(event.key.status)
    switch (event.previous, event.object) {
    case (nil, let new?):
      return .added(try await renderer.render(new, status: status, revision: revision))
    case (let old?, let new?):
      return .modified(
        old: try await renderer.render(old, status: status, revision: old.revision),
        new: try await renderer.render(new, status: status, revision: revision))
    case (let old?, nil):
      return .deleted(try await renderer.render(old, status: nil, revision: revision))
    case (nil, nil): return nil
    }
  }
}

extension ObjectKey {
  /// Where the status of the BundleDeployment with this key is kept.
  var status: ObjectKey { ObjectKey(kind: StoredKind.deploymentStatuses, namespace: namespace, name: name) }
}

/// Only names: what a page of records is turned into documents by.
private struct DeploymentNameCodec: ObjectCodec {
  func served(_ stored: StoredObject) async throws -> Value {
    ["metadata": ["namespace": .string(stored.key.namespace), "name": .string(stored.key.name)]]
  }

  func stored(_ object: Value) async throws -> [UInt8] { [] }
}
