/// Statuses on their way to the manager: the last value of each deployment, one report under way at a time.
struct StatusOutbox: Sendable {
  /// Deployment id to the hash of what the manager acknowledged.
  private(set) var acknowledged: [String: String]
  private var waiting: [String: DeploymentStatus] = [:]
  /// Ids in the order in which they began to wait, so that none waits for ever.
  private var order: [String] = []
  private var underWay: [String: DeploymentStatus] = [:]
  private var seq: UInt64 = 0

  init(acknowledged: [String: String]) { self.acknowledged = acknowledged }

  var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty }

  /// A new value; it replaces one that waits. One that the manager has, or is about to have, is not sent again.
  mutating func put(_ status: DeploymentStatus) {
    if waiting[status.id] != nil {
      waiting[status.id] = status
      return
    }
    if let sent = underWay[status.id] {
      if sent == status { return }
    } else if !status.status.isEmpty, acknowledged[status.id] == DeliveryHash.status(status.status) {
      return
    }
    waiting[status.id] = status
    order.append(status.id)
  }

  /// The next report, where something waits and none is under way.
  mutating func next() -> StatusReport? {
    guard underWay.isEmpty, !order.isEmpty else { return nil }
    var statuses: [DeploymentStatus] = []
    var bytes = 0
    for id in order {
      guard let status = waiting[id] else { continue }
      let size = status.status.count + status.id.utf8.count + status.version.utf8.count
      if !statuses.isEmpty, bytes + size > WireLimits.statusReportBytes { break }
      statuses.append(status)
      bytes += size
      if statuses.count == WireLimits.statusesPerReport { break }
    }
    order.removeFirst(statuses.count)
    for status in statuses {
      waiting[status.id] = nil
      underWay[status.id] = status
    }
    seq += 1
    return StatusReport(seq: seq, statuses: statuses)
  }

  /// The manager committed every report up to `committed`; returns what it thereby holds.
  mutating func acknowledge(_ committed: UInt64) -> [String: String?] {
    guard committed == seq, !underWay.isEmpty else { return [:] }
    var result: [String: String?] = [:]
    for (id, status) in underWay {
      let hash = status.status.isEmpty ? nil : DeliveryHash.status(status.status)
      acknowledged[id] = hash
      result.updateValue(hash, forKey: id)
    }
    underWay = [:]
    return result
  }

  /// A connection began or ended: what was under way may be lost and waits again, unless something newer does.
  mutating func reset() {
    for (id, status) in underWay.sorted(by: { $0.key < $1.key }) where waiting[id] == nil {
      waiting[id] = status
      order.append(id)
    }
    underWay = [:]
    seq = 0
  }

  /// The manager does not hold what was thought.
  mutating func forgetAcknowledged() { acknowledged = [:] }
}
