import Document
import Fleet
import HelmEngine
import TestSupport
import Testing

@testable import Agent

extension SharedClusterTests {
  @Suite("What a stock Helm shows of a bundle")
  struct StockHelmLiveTests {
    @Test(
      "A chart's release has the chart's own name, versions and defaults, and our values; a raw bundle's has the commit's"
    )
    func releases() async throws {
      let fixture = try Fixture()
      var chart = HelmInstallLiveTests.bundle(
        "stock",
        [
          "Chart.yaml": """
          apiVersion: v2
          name: painter
          version: 1.2.3
          appVersion: "2026.1"
          description: Paints
          """,
          "values.yaml": "colour: none\nsize: 3\n", "templates/NOTES.txt": "It is {{ .Values.colour }}.",
          "templates/a.yaml": """
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: settings}
          data: {colour: "{{ .Values.colour }}", size: "{{ .Values.size }}", shade: "{{ .Values.shade }}"}
          """,
        ])
      chart.options.helm?.values = ["colour": "red", "shade": "light"]
      chart.options.helm?.valuesFrom = [
        ValuesFrom(configMap: ValuesFrom.Reference(name: "values", namespace: "stock", key: ""), secret: nil)
      ]
      let raw = HelmInstallLiveTests.bundle("stock-raw", ["a.yaml": Fixture.settings])
      try await fixture.plane.kubectl("create", "namespace", "stock")
      try await fixture.plane.kubectl(
        "create", "configmap", "-n", "stock", "values", "--from-literal=values.yaml=shade: dark")
      let first = try await fixture.manager.deploy(chart)
      let manifestID = Manifest(
        resources: raw.files.map { BundleResource(name: $0.key, content: $0.value, encoding: "") }
      ).id
      let plain = try await fixture.manager.deploy(raw)
      try await fixture.run {
        try await fixture.wait("stock", first, .ready)
        try await fixture.wait("stock-raw", plain, .ready)
      }
      chart.options.helm?.values = ["colour": "blue"]
      let changed = chart
      try await fixture.run { try await fixture.wait("stock", try await fixture.manager.deploy(changed), .ready) }

      let engine = HelmEngine(connection: ClusterConnection(.file(fixture.plane.kubeconfig)))
      let listed = try await engine.list(namespace: "stock")
      #expect(listed.map(\.identity) == [ReleaseIdentity(name: "stock", namespace: "stock")])
      let shown = try #require(listed.first)
      #expect((shown.chartName, shown.chartVersion, shown.appVersion) == ("painter", "1.2.3", "2026.1"))
      #expect(shown.revision == 2 && shown.status == .deployed && shown.deployedAt != nil)
      let release = try #require(try await engine.get(shown.identity))
      #expect(release.values == ["colour": "blue", "shade": "dark"])
      #expect(release.notes == "It is blue.")
      #expect(release.manifest.contains("colour: blue"))
      let history = try await engine.history(shown.identity)
      #expect(history.map(\.revision) == [1, 2] && history.map(\.status) == [.superseded, .deployed])
      #expect(history.allSatisfy { $0.chartName == "painter" && $0.chartVersion == "1.2.3" })
      let before = try #require(try await engine.get(shown.identity, revision: 1))
      #expect(before.values == ["colour": "red", "shade": "dark"])
      // `helm get values --all` reads these too.
      try await fixture.withClient { client in
        let secret = try await client.get(
          try await client.resource(apiVersion: "v1", kind: "Secret"), namespace: "stock",
          name: "sh.helm.release.v1.stock.v2")
        let record = try #require(try HelmRecord(secret))
        #expect(record.content.at("chart", "values") == ["colour": "none", "size": 3])
        #expect(record.content.at("chart", "metadata", "description") == "Paints")
      }

      let plainRelease = try #require(try await engine.get(ReleaseIdentity(name: "stock-raw", namespace: "stock-raw")))
      #expect((plainRelease.chartName, plainRelease.chartVersion) == ("stock-raw", "v0.0.0+\(manifestID)"))
      #expect(plainRelease.values == [:])
      #expect(plainRelease.revision == 1 && plainRelease.status == .deployed)
    }
  }
}
