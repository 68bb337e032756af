import Document
import Fleet
import HelmEngine
import KubeClient
import TestSupport
import Testing

@testable import Agent

extension SharedClusterTests {
  /// What docs/migration.md promises to whoever comes from Fleet.
  @Suite("Taking over from Fleet's agent")
  struct MigrationLiveTests {
    private func map(_ name: String, _ colour: String) -> String {
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {colour: \(colour)}\n"
    }

    @Test(
      "A release that Fleet's agent left is upgraded in place: no object is deleted, and what is deployed no more goes")
    func adopted() async throws {
      let fixture = try Fixture()
      let plane = fixture.plane
      let release = ReleaseIdentity(name: "web-app", namespace: "migrated")
      var metadata = ChartMetadata(name: "web", version: "1.2.3")
      metadata.addAnnotations([
        ReleaseAnnotations.bundleID: "web-app", ReleaseAnnotations.agentNamespace: "cattle-fleet-system",
      ])
      let engine = HelmEngine(connection: ClusterConnection(.file(plane.kubeconfig)))
      let old = "---\n" + map("kept", "red") + "---\n" + map("dropped", "red")
      _ = try await engine.install(release, chart: Chart.wrapping(manifests: old, metadata: metadata))
      // Another release of Fleet's that Flotilla is not told of.
      let other = ReleaseIdentity(name: "other-app", namespace: "migrated")
      _ = try await engine.install(other, chart: Chart.wrapping(manifests: map("other", "red"), metadata: metadata))
      var bundle = TestManager.Bundle(
        name: "web-app", files: ["kept.yaml": map("kept", "blue")], options: Fixture.options("migrated"))
      bundle.options.helm = HelmOptions()
      bundle.options.helm?.releaseName = "web-app"
      let id = try await fixture.manager.deploy(bundle)
      try await fixture.run {
        try await fixture.withClient { client in
          func uid() async throws -> String? {
            try await client.get(.configMaps, namespace: "migrated", name: "kept").at("metadata", "uid")?.string
          }
          let before = try await plane.kubectl("get", "cm", "-n", "migrated", "kept", "-o", "jsonpath={.metadata.uid}")
          try await fixture.wait("web-app", id, .ready)
          #expect(try await uid() == before, "the object was never deleted")
          #expect(try await fixture.colour(client, "migrated", "kept") == "blue")
          #expect(try await fixture.colour(client, "migrated", "dropped") == nil)
          #expect(try await fixture.colour(client, "migrated", "other") == "red", "what Flotilla does not deploy stays")
        }
      }
      #expect(try await engine.history(release).map(\.revision) == [1, 2])
    }
  }
}
