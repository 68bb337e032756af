import Telemetry
import Wire

/// What the bus counts, as metrics.
enum BusFamilies {
  static func make(_ counters: BusCounters, connections: Int) -> [MetricFamily] {
    func family(
      _ name: String, _ help: String, _ label: String, _ values: [(String, Int)], kind: MetricFamily.Kind = .counter
    ) -> MetricFamily {
      var family = MetricFamily(name, kind, help)
      for (value, count) in values { family.add(Double(count), labels: [(label, value)]) }
      return family
    }
    return [
      MetricFamily("flotilla_connected_agents", .gauge, "Connections that are open.", value: Double(connections)),
      family(
        "flotilla_handshakes_total", "CURVE handshakes, by what the key is.", "result",
        [
          ("enrolled", counters.handshakes - counters.unknownKeys), ("unknown", counters.unknownKeys),
          ("revoked", counters.refusedKeys),
        ]),
      MetricFamily(
        counter: "flotilla_bus_accept_failures_total",
        "How often the bus stopped listening for a moment because no descriptor was free.",
        value: UInt64(counters.acceptFailures)),
      MetricFamily(
        counter: "flotilla_connections_total", "Connections that were made.", value: UInt64(counters.connections)),
      MetricFamily(
        counter: "flotilla_connections_replaced_total", "Connections that a newer one of their key replaced.",
        value: UInt64(counters.replaced)),
      MetricFamily(
        counter: "flotilla_connections_displaced_total",
        "Connections of keys that are not enrolled which gave way to newer ones, because there were too many.",
        value: UInt64(counters.displacedStrangers)),
      family(
        "flotilla_bus_refused_messages_total", "Messages that were refused, by reason.", "reason",
        [
          ("malformed", counters.malformedMessages), ("foreign_routing_id", counters.foreignRoutingIDs),
          ("stray", counters.strayMessages),
        ]),
      MetricFamily(
        counter: "flotilla_bus_refused_calls_total",
        "Calls that were refused: of methods that are not there or not the caller's, or with what no method takes.",
        value: UInt64(counters.refusedCalls)),
      family(
        "flotilla_bus_messages_total", "Messages from and to agents.", "direction",
        [("in", counters.messagesIn), ("out", counters.messagesOut)]),
      family(
        "flotilla_bus_frames_total", "Frames from and to agents.", "direction",
        [("in", counters.framesIn), ("out", counters.framesOut)]),
      family(
        "flotilla_bus_bytes_total", "Bytes from and to agents, before encryption.", "direction",
        [("in", counters.bytesIn), ("out", counters.bytesOut)]),
      MetricFamily(
        "flotilla_bus_send_queue_peers", .gauge, "Agents whose messages wait for room in their pipe.",
        value: Double(counters.waitingPeers)),
      MetricFamily(
        counter: "flotilla_bus_send_queue_stalls_total", "How often a message had to wait for room in a pipe.",
        value: UInt64(counters.fullPipes)),
      MetricFamily(
        counter: "flotilla_bus_credit_stalls_total", "How often a sender had to wait for an agent's credit.",
        value: UInt64(counters.creditStalls)),
    ]
  }
}
