import Document
import Foundation
import KubeServer
import Store

/// What one kind's objects look like in the store and to the API's clients.
protocol ObjectCodec: Sendable {
  /// The whole object as clients see it, without `metadata.resourceVersion`.
  func served(_ stored: StoredObject) async throws -> Value
  /// What is stored of an object that a client wrote.
  func stored(_ object: Value) async throws -> [UInt8]
}

/// Objects that are stored as they are.
struct DocumentCodec: ObjectCodec {
  func served(_ stored: StoredObject) async throws -> Value {
    try ObjectRepository.document(of: stored)
  }

  func stored(_ object: Value) async throws -> [UInt8] {
    ObjectRepository.body(of: object)
  }
}

/// One kind of the API over the store: names become keys, revisions become resourceVersions, store errors become Statuses.
struct StoreResourceStorage: ResourceStorage {
  let store: any Store
  let kind: ResourceKind
  /// The kind's name in the store, see ``StoredKind``.
  let storedKind: String
  let codec: any ObjectCodec

  func get(namespace: String?, name: String) async throws -> Value? {
    guard let stored = try await store.get(key(namespace, name)) else { return nil }
    return try await served(stored)
  }

  func list(namespace: String?, limit: Int?, continue token: String?) async throws -> ResourceList {
    let cursor = try token.map { try ContinueToken($0, kind: storedKind) }
    let page = try await store.list(kind: storedKind, namespace: namespace, limit: limit, after: cursor?.key)
    var items: [Value] = []
    items.reserveCapacity(page.objects.count)
    for object in page.objects { items.append(try await served(object)) }
    // Later pages keep the first one's revision: a watch from it sees whatever changed between the pages.
    let revision = cursor?.revision ?? page.revision
    return ResourceList(
      items: items, resourceVersion: String(revision.value),
      continue: page.next.map { ContinueToken(key: $0, revision: revision).text })
  }

  func create(_ object: Value) async throws -> Value {
    try await write(object, if: .absent)
  }

  func update(_ object: Value) async throws -> Value {
    guard let text = object.at("metadata", "resourceVersion")?.string, !text.isEmpty else {
      return try await write(object, if: .exists)
    }
    return try await write(object, if: .revision(try Revision(resourceVersion: text)))
  }

  func delete(namespace: String?, name: String, resourceVersion: String?) async throws -> Value {
    let key = key(namespace, name)
    while true {
      guard let stored = try await store.get(key) else { throw KubeError.notFound(kind, name: name) }
      if let resourceVersion, try Revision(resourceVersion: resourceVersion) != stored.revision {
        throw KubeError.conflict(kind, name: name)
      }
      var last = try await served(stored)
      do {
        let commit = try await store.commit([.delete(key, if: .revision(stored.revision))])
        last.set(.string(String(commit.revision.value)), at: "metadata", "resourceVersion")
        return last
      } catch let error as StoreError where error.code == .conflict && resourceVersion == nil {
        continue
      } catch {
        throw kubeError(error, name: name)
      }
    }
  }

  func watch(namespace: String?, resourceVersion: String?) async throws -> AsyncThrowingStream<ResourceEvent, any Error>
  {
    try await StoreBackedWatch(store: store, kind: kind, storedKinds: [storedKind])
      .events(namespace: namespace, resourceVersion: resourceVersion) { try await translate($0) }
  }

  private func translate(_ event: StoreEvent) async throws -> ResourceEvent? {
    switch (event.previous, event.object) {
    case (nil, let new?): return .added(try await served(new))
    case (let old?, let new?): return .modified(old: try await served(old), new: try await served(new))
    case (let old?, nil):
      var last = try await served(old)
      last.set(.string(String(event.revision.value)), at: "metadata", "resourceVersion")
      return .deleted(last)
    case (nil, nil): return nil
    }
  }

  private func write(_ object: Value, if precondition: Precondition) async throws -> Value {
    let key = ObjectRepository.key(of: object, kind: storedKind)
    do {
      let commit = try await store.commit([.put(key, try await codec.stored(object), if: precondition)])
      var written = object
      written.set(.string(String(commit.revision.value)), at: "metadata", "resourceVersion")
      return written
    } catch {
      throw kubeError(error, name: key.name)
    }
  }

  private func served(_ stored: StoredObject) async throws -> Value {
    var object = try await codec.served(stored)
    object.set(.string(String(stored.revision.value)), at: "metadata", "resourceVersion")
    return object
  }

  private func key(_ namespace: String?, _ name: String) -> ObjectKey {
    ObjectKey(kind: storedKind, namespace: namespace ?? "", name: name)
  }

  private func kubeError(_ error: any Error, name: String) -> any Error {
    KubeError.from(error, kind: kind, name: name)
  }
}

extension KubeError {
  /// The Status that tells a client what the store answered.
  static func from(_ error: any Error, kind: ResourceKind, name: String) -> any Error {
    guard let store = error as? StoreError else { return error }
    switch store.code {
    case .alreadyExists: return KubeError.alreadyExists(kind, name: name)
    case .notFound: return KubeError.notFound(kind, name: name)
    case .conflict: return KubeError.conflict(kind, name: name)
    case .compacted, .revisionAhead: return KubeError.expired()
    case .limitExceeded: return KubeError(.entityTooLarge, store.message)
    case .storageFull: return KubeError(.unavailable, store.message)
    default: return KubeError.internalError(store.message, cause: store)
    }
  }
}

/// Where the next page of a list begins, opaque to clients.
private struct ContinueToken {
  let key: ObjectKey
  let revision: Revision

  var text: String {
    Data("\(revision.value)\n\(key.namespace)\n\(key.name)".utf8).base64EncodedString()
  }

  init(key: ObjectKey, revision: Revision) {
    self.key = key
    self.revision = revision
  }

  init(_ text: String, kind: String) throws {
    let parts =
      Data(base64Encoded: text).map {
        String(decoding: $0, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      } ?? []
    guard parts.count == 3, let revision = UInt64(parts[0]) else {
      throw KubeError.badRequest("the continue token is not one of this server's; list again without it")
    }
    self.init(
      key: ObjectKey(kind: kind, namespace: String(parts[1]), name: String(parts[2])), revision: Revision(revision))
  }
}
