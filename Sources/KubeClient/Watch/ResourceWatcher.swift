import Document
import Logging

/// Follows a collection of objects for as long as its task lives: a list, then a watch from there, then again from where it ended.
///
/// A failure is never taken for a deletion: it is told as `.interrupted`, what was told before stays, and after a growing, jittered
/// wait it goes on. A resource version that the server has forgotten (410) leads to a new list, told as the changes since.
public struct ResourceWatcher: Sendable {
  /// What a watcher tells its handler.
  public enum Event: Sendable {
    /// One object changed or went. Follows the state of the collection, not each step: changes may be skipped over.
    case change(ResourceChange)
    /// Everything that was there when the list was made has been told; also after each later list.
    case synced(resourceVersion: String)
    /// The server cannot be asked at present. What was told may be out of date until `.resumed` or `.synced`.
    case interrupted(KubeClientError)
    /// The server answers again, and goes on from where it was interrupted.
    case resumed
  }

  /// Where a watcher gets its lists and watches from.
  struct Source: Sendable {
    var list: @Sendable () async throws(KubeClientError) -> ObjectList
    var watch: @Sendable (_ resourceVersion: String) async throws(KubeClientError) -> KubeWatch
  }

  private let source: Source
  private let name: String
  private let backoff: WatchBackoff
  private let random: @Sendable () -> Double
  private let sleep: @Sendable (Duration) async throws -> Void
  private let logger: Logger

  /// A watcher of one kind of object.
  ///
  /// - Parameters:
  ///   - client: the cluster's client.
  ///   - resource: the kind; it must be listable and watchable.
  ///   - namespace: nil watches all namespaces.
  ///   - labelSelector: which objects; nil means all.
  ///   - backoff: the waits after failures.
  ///   - random: the waits' jitter, from 0 up to 1.
  public init(
    client: KubeClient, resource: APIResource, namespace: String? = nil, labelSelector: LabelSelector? = nil,
    fieldSelector: String? = nil, backoff: WatchBackoff = .init(),
    random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    let list: @Sendable () async throws(KubeClientError) -> ObjectList = { () async throws(KubeClientError) in
      try await client.listAll(
        resource, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
    }
    let watch: @Sendable (String) async throws(KubeClientError) -> KubeWatch = {
      (version: String) async throws(KubeClientError) in
      try await client.watch(
        resource, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector,
        resourceVersion: version)
    }
    self.init(
      source: Source(list: list, watch: watch), name: "\(resource.plural).\(resource.apiVersion)", backoff: backoff,
      random: random, sleep: { try await Task.sleep(for: $0) }, logger: client.logger)
  }

  init(
    source: Source, name: String, backoff: WatchBackoff, random: @escaping @Sendable () -> Double,
    sleep: @escaping @Sendable (Duration) async throws -> Void, logger: Logger
  ) {
    self.source = source
    self.name = name
    self.backoff = backoff
    self.random = random
    self.sleep = sleep
    self.logger = logger
  }

  /// Runs until the task is cancelled, telling `handler` one event after the other; a slow handler slows the reading down.
  public func run(_ handler: @Sendable (Event) async -> Void) async {
    var state = State(backoff: backoff)
    while !Task.isCancelled {
      do throws(KubeClientError) {
        let version: String
        if let known = state.resourceVersion { version = known } else { version = try await list(&state, handler) }
        let began = ContinuousClock.now
        try await follow(from: version, &state, handler)
        // The server closes every watch after some minutes. One that it closes at once, again and again, must not be a busy loop.
        if ContinuousClock.now - began > .seconds(1) { state.backoff.reset() } else { try await wait(&state) }
      } catch {
        guard !Task.isCancelled, error.code != .cancelled else { return }
        if error.code == .expired {
          // Nothing is wrong: this watcher was too slow, or the server restarted. What was missed comes with the list.
          logger.debug("watch expired, listing again", metadata: ["resource": "\(name)"])
          state.resourceVersion = nil
        } else {
          logger.debug("watch interrupted", metadata: ["resource": "\(name)", "error": "\(error)"])
          state.interrupted = true
          await handler(.interrupted(error))
        }
        do throws(KubeClientError) { try await wait(&state) } catch { return }
      }
    }
  }

  /// What a run remembers between its watches.
  private struct State {
    var backoff: WatchBackoff
    var objects = WatchedObjects()
    /// Where the next watch goes on; nil asks for a list.
    var resourceVersion: String?
    var interrupted = false
  }

  private func list(_ state: inout State, _ handler: (Event) async -> Void) async throws(KubeClientError) -> String {
    let list = try await source.list()
    for change in state.objects.replace(with: list.items) { await handler(.change(change)) }
    state.resourceVersion = list.resourceVersion
    state.interrupted = false
    await handler(.synced(resourceVersion: list.resourceVersion))
    return list.resourceVersion
  }

  /// Follows one watch to its end.
  private func follow(
    from version: String, _ state: inout State, _ handler: (Event) async -> Void
  ) async throws(KubeClientError) {
    let watch = try await source.watch(version)
    if state.interrupted {
      state.interrupted = false
      await handler(.resumed)
    }
    var iterator = watch.makeAsyncIterator()
    while let event = try await iterator.next() {
      state.backoff.reset()
      for change in state.objects.apply(event) { await handler(.change(change)) }
      if let version = event.resourceVersion, !version.isEmpty { state.resourceVersion = version }
    }
  }

  private func wait(_ state: inout State) async throws(KubeClientError) {
    do {
      try await sleep(state.backoff.next(random: random()))
    } catch {
      throw KubeClientError(.cancelled, "cancelled", cause: error)
    }
  }
}

extension WatchEvent {
  /// The state of the collection after this event.
  var resourceVersion: String? {
    switch self {
    case .added(let object), .modified(let object), .deleted(let object):
      object.at("metadata", "resourceVersion")?.string
    case .bookmark(let version): version
    }
  }
}
