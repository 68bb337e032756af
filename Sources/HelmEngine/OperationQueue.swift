/// The order of operations: first come, first served, but never two of one key side by side.
///
/// A value without threads or clock. Whoever performs the operations asks for the `next` one, and says when a key is
/// `finished`.
struct OperationQueue<Operation: Sendable>: Sendable {
  /// One operation that waits.
  struct Entry: Sendable {
    let id: UInt64
    let key: ReleaseIdentity?
    let operation: Operation
  }

  /// What became of a new operation.
  enum Admission: Sendable, Equatable {
    /// It can be performed now: a worker is to be woken.
    case ready
    /// It waits until the operations of its key before it are done.
    case waiting
    /// The queue is full.
    case refused
  }

  private let capacity: Int
  private var ready: [Entry] = []
  private var waiting: [ReleaseIdentity: [Entry]] = [:]
  /// The keys of which one operation is ready or being performed.
  private var taken: Set<ReleaseIdentity> = []

  /// The operations that are not yet performed.
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
  }

  mutating func enqueue(_ entry: Entry) -> Admission {
    guard count < capacity else { return .refused }
    count += 1
    if let key = entry.key, !taken.insert(key).inserted {
      waiting[key, default: []].append(entry)
      return .waiting
    }
    ready.append(entry)
    return .ready
  }

  /// The operation to perform now, nil if there is none.
  mutating func next() -> Entry? {
    guard !ready.isEmpty else { return nil }
    count -= 1
    return ready.removeFirst()
  }

  /// The operation of a key is done. True when another of that key became ready by it.
  mutating func finished(_ key: ReleaseIdentity?) -> Bool {
    guard let key else { return false }
    guard var entries = waiting[key] else {
      taken.remove(key)
      return false
    }
    ready.append(entries.removeFirst())
    waiting[key] = entries.isEmpty ? nil : entries
    return true
  }

  /// Takes an operation out that is not yet performed; nil if it is performed already. `becameReady` as in `finished`.
  mutating func remove(id: UInt64, key: ReleaseIdentity?) -> (entry: Entry, becameReady: Bool)? {
    if let index = ready.firstIndex(where: { $0.id == id }) {
      count -= 1
      let entry = ready.remove(at: index)
      return (entry, finished(entry.key))
    }
    guard let key, var entries = waiting[key], let index = entries.firstIndex(where: { $0.id == id }) else {
      return nil
    }
    count -= 1
    let entry = entries.remove(at: index)
    waiting[key] = entries.isEmpty ? nil : entries
    return (entry, false)
  }

  /// Takes all operations out that are not yet performed.
  mutating func removeAll() -> [Entry] {
    let entries = ready + waiting.values.joined()
    ready = []
    waiting = [:]
    count = 0
    return entries
  }
}
