import Document
import Testing

@testable import Fleet

@Suite("Clusters that are offline") struct OfflineTests {
  private func report(_ cluster: String, _ state: BundleState, message: String = "") -> DeploymentReport {
    DeploymentReport(
      registrationNamespace: "fleet-default", cluster: cluster, bundleNamespace: "fleet-default", bundle: "b",
      state: state, message: message)
  }

  @Test("clusters that are offline are named with the time, and hide none that is there")
  func offline() {
    func ready(_ status: Value) -> String { Conditions(status["conditions"])["Ready"]?.message ?? "" }
    var counter = BundleCounter()
    var away = report("a", .errApplied, message: "old news")
    away.offlineSince = "2026-01-01T00:00:00Z"
    counter.add(report("z", .errApplied, message: "no room"))
    counter.add(away)
    func text() -> String { ready(counter.status(previous: .null, generation: 1, at: Timestamp(seconds: 0))) }
    let isAway = "Offline(1) [Cluster fleet-default/a: since 2026-01-01T00:00:00Z]"
    #expect(text() == "ErrApplied(2) [Cluster fleet-default/z: no room]; \(isAway)")
    counter.remove(away)
    away.offlineSince = ""
    counter.add(away)
    #expect(text() == "ErrApplied(2) [Cluster fleet-default/a: old news]")

    var group = ClusterGroupCounter()
    var clusters = [ClusterCounter(), ClusterCounter()]
    for (index, name) in ["one", "two"].enumerated() { clusters[index].add(report(name, .ready)) }
    group.add(clusters[0].contribution(name: "one"))
    group.add(clusters[1].contribution(name: "two", offlineSince: "2026-01-01T00:00:00Z"))
    let status = group.status(previous: .null, at: Timestamp(seconds: 0))
    #expect(status.at("display", "readyClusters")?.string == "1/2 (two)")
    #expect(status.at("display", "state")?.string == "Offline")
    #expect(ready(status) == "Offline(1) [Cluster two: since 2026-01-01T00:00:00Z]")
  }
}
