import Synchronization

/// Figures, mostly times in seconds, that several tasks add to.
final class Samples: Sendable {
  private let all = Mutex<[Double]>([])

  func note(_ seconds: Double) { all.withLock { $0.append(seconds) } }

  var median: Double {
    let sorted = all.withLock { $0.sorted() }
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }

  var longest: Double { all.withLock { $0.max() ?? .nan } }

  var shortest: Double { all.withLock { $0.min() ?? .nan } }
}
