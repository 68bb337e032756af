import Document
import Synchronization

/// Objects of many kinds in memory, with one revision counter and one bounded history for watchers. For sandboxes and
/// tests; nothing survives the process.
public final class InMemoryStore: Sendable {
  struct Key: Hashable, Comparable {
    let namespace: String
    let name: String

    static func < (left: Key, right: Key) -> Bool {
      (left.namespace, left.name) < (right.namespace, right.name)
    }
  }

  struct Change: Sendable {
    let revision: UInt64
    let kind: String
    let key: Key
    let old: Value?
    let new: Value?
    /// The last state at the revision of its deletion.
    let removed: Value?
  }

  private struct State {
    var revision: UInt64 = 1
    var objects: [String: [Key: Value]] = [:]
    var history: [Change] = []
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
  }

  /// What a reader of the history finds after a revision.
  enum Reading {
    case change(Change)
    case nothing(upTo: UInt64)
    case forgotten
  }

  private let history: Int
  private let state = Mutex(State())

  /// A store that remembers `history` changes; a watcher further behind is told `expired`.
  public init(history: Int = 8192) { self.history = max(1, history) }

  /// The storage of one kind in this store.
  public func storage(for kind: ResourceKind) -> InMemoryResourceStorage {
    InMemoryResourceStorage(kind: kind, store: self)
  }

  /// The revision of the last change.
  public var revision: UInt64 { state.withLock { $0.revision } }

  func get(_ kind: String, _ key: Key) -> Value? { state.withLock { $0.objects[kind]?[key] } }

  /// All objects of a kind as they are now, or as they were at `revision`; nil if that is forgotten.
  func snapshot(_ kind: String, at revision: UInt64?) -> (objects: [Key: Value], revision: UInt64)? {
    state.withLock { state in
      var objects = state.objects[kind] ?? [:]
      guard let revision, revision != state.revision else { return (objects, state.revision) }
      guard revision < state.revision, Self.covers(state.history, state.revision, after: revision) else { return nil }
      for change in state.history.reversed() {
        if change.revision <= revision { break }
        if change.kind == kind { objects[change.key] = change.old }
      }
      return (objects, revision)
    }
  }

  /// Applies a change: `decide` sees the current object and returns the new one (nil removes it), without revision.
  func commit(_ kind: String, _ key: Key, _ decide: (Value?) throws(KubeError) -> Value?) throws(KubeError) -> Value {
    let result = state.withLock { state -> Result<(Value, [CheckedContinuation<Void, Never>]), KubeError> in
      do throws(KubeError) {
        let old = state.objects[kind]?[key]
        var new = try decide(old)
        state.revision += 1
        let version = Value.string(String(state.revision))
        var removed: Value?
        if new != nil {
          new?.set(version, at: "metadata", "resourceVersion")
        } else {
          removed = old
          removed?.set(version, at: "metadata", "resourceVersion")
        }
        state.objects[kind, default: [:]][key] = new
        state.history.append(
          Change(revision: state.revision, kind: kind, key: key, old: old, new: new, removed: removed))
        // Trimmed in bulk, so that each change costs a constant amount.
        if state.history.count > history * 2 { state.history.removeFirst(state.history.count - history) }
        let waiters = Array(state.waiters.values)
        state.waiters = [:]
        return .success((new ?? removed ?? .null, waiters))
      } catch {
        return .failure(error)
      }
    }
    let (object, waiters) = try result.get()
    for waiter in waiters { waiter.resume() }
    return object
  }

  /// The first change of a kind after `revision`.
  func next(_ kind: String, namespace: String?, after revision: UInt64) -> Reading {
    state.withLock { state in
      // A revision from the future belongs to an earlier life of the store: whoever has it starts over.
      guard revision <= state.revision else { return .forgotten }
      guard Self.covers(state.history, state.revision, after: revision) else { return .forgotten }
      // Revisions are consecutive, so the position follows from the revision.
      let start = state.history.count - Int(state.revision - revision)
      for change in state.history[start...] where change.kind == kind {
        if let namespace, change.key.namespace != namespace { continue }
        return .change(change)
      }
      return .nothing(upTo: state.revision)
    }
  }

  private static func covers(_ history: [Change], _ current: UInt64, after revision: UInt64) -> Bool {
    current - revision <= UInt64(history.count)
  }

  /// Waits until the revision is higher than `revision`, or the task is cancelled.
  func waitForChange(after revision: UInt64) async {
    let id = state.withLock { state -> UInt64 in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let resumeNow = state.withLock { state in
          if state.revision > revision || Task.isCancelled { return true }
          state.waiters[id] = continuation
          return false
        }
        if resumeNow { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }
}
