/// Which deployments are worked on now and which wait: first come, first served, at most ``capacity`` at a time, and never
/// two operations of one deployment side by side.
///
/// A value without threads or clock. Whoever does the work asks for the `next` one until there is none, and says when one
/// is `finished`.
struct DeploymentQueue<Work: Sendable>: Sendable {
  /// The most that are worked on at the same time.
  let capacity: Int
  private var waiting: [(id: String, work: Work)] = []
  private(set) var running: Set<String> = []

  /// An empty queue.
  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// How many wait.
  var count: Int { waiting.count }

  /// Adds work. Work of the same deployment that still waits is replaced, and keeps its place.
  mutating func add(_ work: Work, for id: String) {
    if let index = waiting.firstIndex(where: { $0.id == id }) {
      waiting[index].work = work
    } else {
      waiting.append((id, work))
    }
  }

  /// The work to begin now; nil when all places are taken, or nothing can begin.
  mutating func next() -> (id: String, work: Work)? {
    guard running.count < capacity, let index = waiting.firstIndex(where: { !running.contains($0.id) }) else {
      return nil
    }
    let entry = waiting.remove(at: index)
    running.insert(entry.id)
    return entry
  }

  /// Work that had begun has ended.
  mutating func finished(_ id: String) {
    running.remove(id)
  }
}
