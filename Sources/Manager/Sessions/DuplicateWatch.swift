import Document

/// Finds two agents that share a key, by the starts that they tell of: one that was replaced and comes back has not ended, so
/// that two run. A value; it remembers the last starts of each cluster's agent.
struct DuplicateWatch: Sendable {
  private struct Starts: Sendable {
    var current: String
    var former: [String] = []
  }

  private var clusters: [String: Starts] = [:]

  /// A cluster's agent has begun a session. True where it is one that another has taken the place of before.
  mutating func began(_ bootID: String, of cluster: String) -> Bool {
    guard var starts = clusters[cluster] else {
      clusters[cluster] = Starts(current: bootID)
      return false
    }
    guard starts.current != bootID else { return false }
    let isBack = starts.former.contains(bootID)
    starts.former.removeAll { $0 == bootID }
    starts.former.append(starts.current)
    if starts.former.count > Limits.agentStartsRemembered { starts.former.removeFirst() }
    starts.current = bootID
    clusters[cluster] = starts
    return isBack
  }

  /// A cluster is gone.
  mutating func forget(_ cluster: String) { clusters[cluster] = nil }
}
