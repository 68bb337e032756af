import Synchronization

/// Who may connect: the keys that are enrolled or revoked, in memory. Every answer takes constant time, whoever asks.
///
/// A key that is neither is unknown: it may connect, and call the methods with `Access.anyone` and no others.
public final class KeyDirectory: Sendable {
  /// What the directory says of a key.
  public enum Admission: Sendable, Hashable {
    /// Enrolled, under this identity ("namespace/name" of its Cluster).
    case known(String)
    /// Never heard of, or forgotten.
    case unknown
    /// Not to be let in again.
    case revoked
  }

  private struct State {
    var entries: [CurvePublicKey: Admission] = [:]
    var observers: [Int: @Sendable (CurvePublicKey) -> Void] = [:]
    var nextObserver = 0
  }

  private let state = Mutex(State())

  /// An empty directory.
  public init() {}

  /// Enrols a key, or gives it another identity. A connection that is open stays open.
  public func set(_ key: CurvePublicKey, identity: String) {
    state.withLock { $0.entries[key] = .known(identity) }
  }

  /// Forgets a key. Its connections on running servers are cut.
  public func remove(_ key: CurvePublicKey) { change(key, to: nil) }

  /// Refuses a key from now on. Its connections on running servers are cut.
  public func revoke(_ key: CurvePublicKey) { change(key, to: .revoked) }

  /// What is said of a key.
  public func lookup(_ key: CurvePublicKey) -> Admission { state.withLock { $0.entries[key] ?? .unknown } }

  /// The number of enrolled and revoked keys.
  public var count: Int { state.withLock { $0.entries.count } }

  private func change(_ key: CurvePublicKey, to admission: Admission?) {
    let observers = state.withLock { state in
      state.entries[key] = admission
      return Array(state.observers.values)
    }
    for observer in observers { observer(key) }
  }

  /// Tells of every key that loses its place; returns what `stopObserving` wants.
  func observeRemovals(_ observer: @escaping @Sendable (CurvePublicKey) -> Void) -> Int {
    state.withLock { state in
      state.nextObserver += 1
      state.observers[state.nextObserver] = observer
      return state.nextObserver
    }
  }

  func stopObserving(_ observer: Int) { state.withLock { _ = $0.observers.removeValue(forKey: observer) } }
}
