/// How a server that stops sends its peers away: one after another over a window, to come back when it is gone, and not all at
/// once. A value without clock and randomness.
struct DrainPlan: Sendable, Hashable {
  /// Peers sent away in a second where the window allows: fewer peers take less than the window.
  static let departuresPerSecond = 1_000
  /// Peers that shall come back in a second; their CURVE handshakes take about a millisecond each.
  static let returnsPerSecond = 500
  /// Between the window's end and the first return: the server ends, and another begins.
  static let pause = Duration.milliseconds(200)

  /// The peers that there are.
  let peers: Int
  /// How long sending them away takes.
  let window: Duration
  /// How long after the window's end the last of them comes back.
  let returnWindow: ClosedRange<Duration>

  /// - Parameters:
  ///   - window: the longest time for sending all away.
  ///   - spread: the shortest time over which they come back.
  init(peers: Int, window: Duration, spread: Duration) {
    self.peers = max(0, peers)
    let needed = Duration.milliseconds(Int64(self.peers) * 1000 / Int64(Self.departuresPerSecond))
    self.window = max(.zero, min(window, needed))
    let herd = Duration.milliseconds(Int64(self.peers) * 1000 / Int64(Self.returnsPerSecond))
    returnWindow = Self.pause...(Self.pause + max(.zero, spread, herd))
  }

  /// How many peers are to have been sent away when so much of the window has passed.
  func departures(after elapsed: Duration) -> Int {
    guard elapsed < window else { return peers }
    let share = max(0, elapsed / window)
    return min(peers, Int(Double(peers) * share) + 1)
  }

  /// When a peer that is sent away now may come back, from now on: not before the window is over.
  func retry(after elapsed: Duration) -> ClosedRange<Duration> {
    let left = max(.zero, window - elapsed)
    return (left + returnWindow.lowerBound)...(left + returnWindow.upperBound)
  }
}
