import Fleet
import TestSupport
import Testing

@testable import Manager

@Suite struct BundleBuildTests {
  private static func bundle(_ helm: String) -> String { "helm:\n  repo: https://charts.example.com\n" + helm }

  @Test("bundles with charts from elsewhere are made with them, and one that cannot be had fails its own bundle only")
  func failures() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      server.serve("good", try await PackagedChart.make(name: "good", version: "1.0.0").bytes)
      let bomb = try await PackagedChart.make(
        name: "bomb", version: "1.0.0", files: ["zeros": String(repeating: "\0", count: 8 << 20)])
      server.serve("bomb", bomb.bytes)
      let tree = InMemorySourceTree([
        "good/fleet.yaml": Self.bundle("  chart: good\n  version: 1.0.0\n"),
        "bomb/fleet.yaml": Self.bundle("  chart: bomb\n  version: 1.0.0\n"),
        "absent/fleet.yaml": Self.bundle("  chart: absent\n"),
        "plain/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        "plain/fleet.yaml": "",
      ])
      let told = Messages()
      let result = await BundleBuild.build(
        repository: "r", tree: tree, supplier: server.supplier(directory), progress: { await told.add($0) })
      #expect(result.bundles.map(\.metadata.name) == ["r-good", "r-plain"])
      let key = ChartRequest(chart: "good", repo: "https://charts.example.com", version: "1.0.0").key
      #expect(result.bundles[0].spec.resources.map(\.name).contains(".chart/\(key)/good/Chart.yaml"))
      #expect(Set(result.failures.compactMap(\.bundleName)) == ["r-bomb", "r-absent"])
      #expect(result.failureMessage.contains("chartRatio"))
      #expect(result.failureMessage.contains("the server does not answer"))
      #expect(!result.mayPrune("r-bomb") && !result.mayPrune("r-absent") && result.mayPrune("r-gone"))
      #expect(await told.all.contains("fetching chart good 1.0.0 from https://charts.example.com"))
    }
  }

  @Test("without a supplier a bundle that needs a chart fails, and the others are made")
  func noSupplier() async throws {
    let tree = InMemorySourceTree([
      "a/fleet.yaml": Self.bundle("  chart: a\n"),
      "b/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
      "b/fleet.yaml": "",
    ])
    let result = await BundleBuild.build(repository: "r", tree: tree, supplier: nil)
    #expect(result.bundles.map(\.metadata.name) == ["r-b"])
    #expect(result.needs.count == 1)
  }

  @Test("charts that need charts that need charts end, and so do very many, by their limits' names")
  func limits() {
    func requests(_ count: Int) -> [ChartRequest] {
      (0..<count).map { ChartRequest(chart: "c\($0)", repo: "https://h", version: "") }
    }
    let deep = BundleBuild.admitted(requests(1), round: Limits.chartRounds, known: 0)
    #expect(deep.wanted.isEmpty)
    #expect { try deep.refused.values.first?.get() } throws: { "\($0)".contains("chartRounds") }
    #expect(BundleBuild.admitted(requests(1), round: Limits.chartRounds - 1, known: 0).refused.isEmpty)
    let many = BundleBuild.admitted(requests(Limits.chartsPerBuild), round: 0, known: 1)
    #expect(many.wanted.count == Limits.chartsPerBuild - 1)
    #expect { try many.refused.values.first?.get() } throws: { "\($0)".contains("chartsPerBuild") }
    // The same chart for another directory is no further chart.
    let again = ChartRequest(chart: "c0", repo: "https://h", version: "", path: "elsewhere")
    #expect(BundleBuild.admitted(requests(Limits.chartsPerBuild) + [again], round: 0, known: 0).refused.isEmpty)
  }
}

/// What progress was told.
private actor Messages {
  private(set) var all: [String] = []
  func add(_ message: String) { all.append(message) }
}
