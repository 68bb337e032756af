import Telemetry
import Wire

/// What all sessions together count. Nothing here knows one agent from another.
final class DeliveryMetrics: Sendable {
  let sessions = Counter()
  let desired = Counter()
  let itemsSet = Counter()
  let itemsRemoved = Counter()
  let acks = Counter()
  let reports = Counter()
  let statuses = Counter()
  /// From the commit of the desired change to the agent's acknowledgement.
  let acknowledged = Histogram(bounds: Histogram.deliveryBounds)
  /// From the same commit to the durable status that says Ready.
  let ready = Histogram(bounds: Histogram.deliveryBounds)
  private let nacks = StatusCode.allCases.map { (code: $0, counter: Counter()) }

  /// Counts a refusal.
  func countNack(_ code: StatusCode) { nacks.first { $0.code == code }?.counter.add() }

  /// The families, with the sessions that are open now.
  func families(openSessions: Int) -> [MetricFamily] {
    var items = MetricFamily("flotilla_desired_items_total", .counter, "Deployments that agents were told of.")
    items.add(Double(itemsSet.value), labels: [("action", "set")])
    items.add(Double(itemsRemoved.value), labels: [("action", "remove")])
    var refusals = MetricFamily("flotilla_nacks_total", .counter, "Desired states that agents refused, by code.")
    for (code, counter) in nacks where code != .ok {
      refusals.add(Double(counter.value), labels: [("code", "\(code)")])
    }
    return [
      MetricFamily("flotilla_sessions", .gauge, "Delivery sessions that are open.", value: Double(openSessions)),
      MetricFamily(counter: "flotilla_sessions_total", "Delivery sessions that were opened.", value: sessions.value),
      MetricFamily(counter: "flotilla_desired_total", "Desired states that were sent.", value: desired.value),
      items,
      MetricFamily(counter: "flotilla_acks_total", "Desired states that agents hold durably.", value: acks.value),
      refusals,
      MetricFamily(counter: "flotilla_status_reports_total", "Status reports committed.", value: reports.value),
      MetricFamily(counter: "flotilla_statuses_total", "Statuses in those reports.", value: statuses.value),
      MetricFamily(
        "flotilla_delivery_acknowledged_seconds",
        "Time from the commit of what an agent should have to its acknowledgement.", histogram: acknowledged),
      MetricFamily(
        "flotilla_delivery_ready_seconds",
        "Time from the commit of what an agent should have to the durable status that says Ready.", histogram: ready),
    ]
  }
}

/// When changes that are on their way to one agent were made: at most one entry for each of its deployments.
struct DeliveryClock {
  private struct Awaited {
    let version: String
    let since: ContinuousClock.Instant
  }

  private var changed: [String: ContinuousClock.Instant] = [:]
  private var awaited: [String: Awaited] = [:]

  /// A deployment changed; an earlier change that was not acknowledged counts.
  mutating func change(_ id: String, at now: ContinuousClock.Instant) {
    if changed[id] == nil { changed[id] = now }
  }

  /// The agent holds a version: the time since its change, nil where the change was not seen.
  mutating func acknowledge(_ item: InventoryItem, at now: ContinuousClock.Instant) -> Duration? {
    guard let since = changed.removeValue(forKey: item.id) else { return nil }
    awaited[item.id] = Awaited(version: item.version, since: since)
    return now - since
  }

  /// A version is Ready, durably: the time since its change, the first time this is said.
  mutating func ready(_ id: String, version: String, at now: ContinuousClock.Instant) -> Duration? {
    guard let found = awaited[id], found.version == version else { return nil }
    awaited[id] = nil
    return now - found.since
  }

  /// The deployment is gone, or the agent refused it.
  mutating func forget(_ id: String) {
    changed[id] = nil
    awaited[id] = nil
  }
}
