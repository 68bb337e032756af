import KubeServer
import Telemetry
import Store
import Wire

/// `/metrics`: what the manager counts, in Prometheus' text format. For authenticated users, since it names objects.
struct MetricsRoute: Sendable {
  let store: SQLiteStore
  let bus: BusServer
  let hub: SessionHub
  let delivery: DeliveryMetrics
  let trust: TrustMetrics

  /// The route.
  var route: ExtraRoute {
    ExtraRoute(path: "/metrics", requiresAuthentication: true) { _ in
      ExtraRoute.Response(contentType: PrometheusText.contentType, body: PrometheusText.encode(try await families()))
    }
  }

  private func families() async throws -> [MetricFamily] {
    let stored = MetricFamily(
      "flotilla_store_commit_seconds", "Time from a write's call to its being durable.", histogram: store.commitLatency)
    return BusFamilies.make(bus.counters, connections: bus.connectionCount)
      + delivery.families(openSessions: await hub.count) + trust.families + [stored]
      + (try await FleetFamilies(store: store).read())
      + ProcessFamilies.read()
  }
}
