import Document
import Fleet
import HelmEngine
import Synchronization

@testable import Agent

/// A cluster in memory that answers as it is told to, and counts what it is asked.
final class PretendCluster: ClusterAPI {
  struct State {
    var objects: [ObjectIdentity: Value] = [:]
    var isDown = false
    var unserved: Set<ObjectType> = []
    var requests: [String] = []
    var watches: [ObjectType: AsyncStream<ClusterEvent>.Continuation] = [:]
    var lastRevision: UInt64 = 1
    /// What lists hold, of an older revision than the watches have told; nil for what is there.
    var staleList: [Value]?
    /// What a dry run answers; nil applies as a server without defaults would.
    var dryRun: DryRun?
  }

  let state = Mutex(State())

  func version() async throws -> String { "v1.31.0" }

  func kinds(refreshed: Bool) async throws -> ClusterKinds { ClusterKinds(version: "v1.31.0") }

  /// Requests since the last time this was asked, watches left out.
  func takeRequests() -> [String] {
    state.withLock { state in
      defer { state.requests = [] }
      return state.requests
    }
  }

  private func ask<Result>(_ what: String, _ body: (inout State) throws -> Result) throws -> Result {
    try state.withLock { state in
      state.requests.append(what)
      if state.isDown { throw DeploymentFailure(kind: .unreachable, message: "down") }
      return try body(&state)
    }
  }

  func object(_ identity: ObjectIdentity) async throws -> Value? {
    try ask("get \(identity.text)") { $0.objects[identity.unversioned] }
  }

  func objects(_ type: ObjectType, namespace: String?, labels: [String: String]) async throws -> LabelledObjects {
    try ask("list \(type.kind)") { state in
      let found = state.objects.filter { identity, object in
        let has = object.at("metadata", "labels")?.stringMap ?? [:]
        return identity.kind == type.kind && labels.allSatisfy { has[$0.key] == $0.value }
      }
      if let stale = state.staleList { return LabelledObjects(objects: stale, resourceVersion: 1) }
      return LabelledObjects(objects: Array(found.values), resourceVersion: state.lastRevision)
    }
  }

  func objects(_ type: ObjectType, having label: String) async throws -> LabelledObjects {
    try ask("resync \(type.kind)") { state in
      let found = state.objects.filter { $0.key.kind == type.kind && $0.value.at("metadata", "labels", label) != nil }
      return LabelledObjects(objects: Array(found.values), resourceVersion: state.lastRevision)
    }
  }

  func delete(_ identity: ObjectIdentity) async throws { try ask("delete") { $0.objects[identity.unversioned] = nil } }

  func mergePatch(_ identity: ObjectIdentity, _ patch: Value) async throws -> Value? {
    try ask("patch") { state in
      state.objects[identity.unversioned] = state.objects[identity.unversioned]?.applyingMergePatch(patch)
      return state.objects[identity.unversioned]
    }
  }

  func create(_ wanted: Value, _ identity: ObjectIdentity) async throws {
    try ask("create \(identity.text)") { state in
      state.objects[identity.unversioned] = state.objects[identity.unversioned] ?? wanted
    }
  }

  func apply(_ wanted: Value, to identity: ObjectIdentity, fieldManager: String) async throws {
    try ask("apply \(identity.text)") { state in
      state.objects[identity.unversioned] = (state.objects[identity.unversioned] ?? [:]).merging(wanted)
    }
  }

  func dryRun(_ wanted: Value, of identity: ObjectIdentity) async throws -> DryRun {
    try ask("dry run \(identity.text)") { state in
      if let answer = state.dryRun { return answer }
      guard let live = state.objects[identity.unversioned] else { return .absent }
      return .applied(live.merging(wanted))
    }
  }

  func acting(as user: String) throws -> any ClusterAPI { self }

  func watch(_ type: ObjectType, label: String) -> AsyncStream<ClusterEvent> {
    let (stream, continuation) = AsyncStream<ClusterEvent>.makeStream()
    state.withLock { $0.watches[type] = continuation }
    return stream
  }

  /// Puts an object there, and tells of it unless the event is to get lost.
  func put(_ object: Value, silently: Bool = false) {
    let identity = ObjectIdentity(of: object)
    state.withLock { state in
      state.lastRevision += 1
      var object = object
      object.set(.string(String(state.lastRevision)), at: "metadata", "resourceVersion")
      object.set("uid-\(identity.name)", at: "metadata", "uid")
      state.objects[identity.unversioned] = object
      if !silently { state.watches[identity.type]?.yield(.changed(object)) }
    }
  }

  /// Takes an object away, and tells of it unless the event is to get lost.
  func remove(_ identity: ObjectIdentity, silently: Bool = false) {
    state.withLock { state in
      state.lastRevision += 1
      state.objects[identity.unversioned] = nil
      guard !silently else { return }
      state.watches[identity.type]?.yield(
        .removed(namespace: identity.namespace, name: identity.name, uid: "uid-\(identity.name)"))
    }
  }

  func send(_ event: ClusterEvent, of type: ObjectType) { state.withLock { _ = $0.watches[type]?.yield(event) } }

  func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
}
