/// Lets so many agents at once through their first connection: ten thousand that begin in one moment would be no fleet that
/// anybody has, but a manager's restart as the first thing it sees.
actor StartGate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var isOpen = false

  init(_ places: Int) { free = max(1, places) }

  /// Waits for a place.
  func enter() async {
    guard !isOpen, free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Gives a place back.
  func leave() {
    guard waiting.isEmpty else { return waiting.removeFirst().resume() }
    free += 1
  }

  /// Lets everybody through from now on.
  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
