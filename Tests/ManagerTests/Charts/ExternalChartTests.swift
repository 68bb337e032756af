import Document
import Fleet
import Foundation
import TestSupport
import Testing

@testable import Manager

/// GitRepos whose charts are elsewhere: real git, real chart servers, Helm's library in real children.
@Suite struct ExternalChartTests {
  private func fleetYAML(_ repo: String, _ chart: String, _ version: String) -> String {
    "helm:\n  repo: \(repo)\n  chart: \(chart)\n  version: \"\(version)\"\n"
  }

  @Test("charts come over TLS with a password that goes where helmRepoURLRegex says and to nobody else (C13, C15)")
  func credentials() async throws {
    let user = TestUser(name: "alice", password: "canary-7c1f")
    let secretChart = try await PackagedChart.make(name: "secret", version: "1.2.3")
    let openChart = try await PackagedChart.make(name: "open", version: "2.0.0")
    try await withChartRepository(charts: [secretChart], user: user) { mine in
      try await withChartRepository(charts: [openChart]) { other in
        try await withChartBench { bench in
          try await bench.secret(
            "charts",
            ["username": user.name, "password": user.password, "cacerts": mine.certificate + other.certificate])
          _ = try await bench.follow(
            "r",
            [
              "mine/fleet.yaml": fleetYAML(mine.url, "secret", "~1.2"),
              "other/fleet.yaml": fleetYAML(other.url, "open", "2.0.0"),
            ], ["helmSecretName": "charts", "helmRepoURLRegex": .string("\(mine.url)(/|$)")])
          let repo = try #require(try await bench.built("r"))
          #expect(repo.message("Stalled") == "")
          #expect(try await bench.chart("r-mine")?.contains("version: 1.2.3") == true)
          #expect(try await bench.chart("r-other")?.contains("version: 2.0.0") == true)
          #expect(try mine.requests().count == 2)
          #expect(try mine.requests().allSatisfy { !$0.authorization.isEmpty })
          #expect(try other.requests().count == 2)
          #expect(try other.requests().allSatisfy { $0.authorization.isEmpty })
          #expect(repo.metadata.annotations["fleet.cattle.io/helm-secret-hash"]?.utf8.count == 64)

          // A rotated password is tried at once, is refused, and takes nothing away from what is deployed.
          try await bench.secret(
            "charts", ["username": user.name, "password": "canary-9d", "cacerts": mine.certificate + other.certificate])
          let refused = try #require(try await bench.gitRepo("r") { $0.message("Stalled").contains("mine") })
          #expect(try await bench.chart("r-mine") != nil)
          #expect(!JSON.string(refused.value).contains("canary"))

          // An empty regular expression sends nothing, and says so (C15).
          try await bench.change("r", "helmRepoURLRegex", to: "")
          _ = try #require(try await bench.gitRepo("r") { $0.message("Stalled").contains("helmRepoURLRegex is empty") })
          #expect(try mine.requests().last?.authorization == "")
        }
      }
    }
  }

  @Test("credentials by path go with the bundles of that path only (C16)")
  func credentialsByPath() async throws {
    let user = TestUser(name: "alice", password: "canary-7c1f")
    let chart = try await PackagedChart.make(name: "secret", version: "1.0.0")
    let second = try await PackagedChart.make(name: "second", version: "1.0.0")
    try await withChartRepository(charts: [chart, second], user: user) { server in
      try await withChartBench { bench in
        let entry = "{username: \(user.name), password: \(user.password), insecureSkipVerify: true}"
        try await bench.secret("paths", ["secrets-path.yaml": "one: \(entry)\ntwo: {insecureSkipVerify: true}\n"])
        _ = try await bench.follow(
          "r",
          [
            "one/fleet.yaml": fleetYAML(server.url, "secret", "1.0.0"),
            "two/fleet.yaml": fleetYAML(server.url, "second", "1.0.0"),
          ],
          [
            "helmSecretNameForPaths": "paths", "helmSecretName": "unused",
            "helmRepoURLRegex": .string(server.url),
          ])
        let repo = try #require(try await bench.built("r"))
        #expect(try await bench.chart("r-one") != nil)
        #expect(try await bench.chart("r-two") == nil)
        #expect(repo.message("Stalled").contains("two"))
        #expect(!repo.message("Stalled").contains("one:"))
        #expect(repo.metadata.annotations["fleet.cattle.io/helm-secret-for-paths-hash"]?.utf8.count == 64)
      }
    }
  }

  @Test("a missing Secret is named with its field, stops only what needs it, and its coming is noticed")
  func missingSecret() async throws {
    let user = TestUser(name: "alice", password: "canary-7c1f")
    let chart = try await PackagedChart.make(name: "secret", version: "1.0.0")
    try await withChartRepository(charts: [chart], user: user) { server in
      try await withChartBench { bench in
        _ = try await bench.follow(
          "r",
          [
            "chart/fleet.yaml": fleetYAML(server.url, "secret", "1.0.0"),
            "plain/fleet.yaml": "", "plain/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
          ], ["helmSecretName": "charts", "helmRepoURLRegex": .string(server.url)])
        let repo = try #require(try await bench.built("r"))
        for condition in ["Stalled", "Warnings"] {
          #expect(
            repo.message(condition).contains(
              "the Secret fleet-local/charts (spec.helmSecretName) does not exist; create it"))
        }
        #expect(try await bench.files("r-plain") != nil)
        #expect(try server.requests().isEmpty)
        try await bench.secret(
          "charts", ["username": user.name, "password": user.password, "cacerts": server.certificate])
        _ = try #require(try await bench.gitRepo("r") { $0.status["gitJobStatus"] == "Current" })
        #expect(try await bench.chart("r-chart") != nil)
      }
    }
  }

  @Test("charts come from a real OCI registry over TLS, by constraint, with a password (C14)")
  func registry() async throws {
    let user = TestUser(name: "alice", password: "canary-7c1f")
    let charts = [
      try await PackagedChart.make(name: "nginx", version: "1.0.0"),
      try await PackagedChart.make(name: "nginx", version: "1.4.2"),
      try await PackagedChart.make(name: "nginx", version: "2.0.0"),
    ]
    try await withOCIRegistry(charts: charts, user: user) { registry in
      try await withChartBench { bench in
        try await bench.secret(
          "charts", ["username": user.name, "password": user.password, "cacerts": registry.certificate])
        _ = try await bench.follow(
          "r",
          [
            "repo/fleet.yaml": "helm:\n  repo: \(registry.reference("nginx"))\n  version: \"1.x\"\n",
            "chart/fleet.yaml": "helm:\n  chart: \(registry.reference("nginx"))\n  version: \"1.0.0\"\n",
          ], ["helmSecretName": "charts", "helmRepoURLRegex": .string(registry.repository)])
        let repo = try #require(try await bench.built("r"))
        #expect(repo.message("Stalled") == "")
        #expect(try await bench.chart("r-repo")?.contains("version: 1.4.2") == true)
        #expect(try await bench.chart("r-chart")?.contains("version: 1.0.0") == true)
      }
    }
  }

  @Test("what a chart of the repository depends on is fetched into its charts/ (C17)")
  func dependencies() async throws {
    let library = try await PackagedChart.make(name: "library", version: "0.3.1")
    try await withChartRepository(charts: [library], isTLS: false) { server in
      try await withChartBench { bench in
        _ = try await bench.follow(
          "r",
          [
            "app/Chart.yaml":
              "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- name: library\n  version: ^0.3.0\n  repository: \(server.url)\n",
            "app/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
          ], ["paths": ["app"]])
        let repo = try #require(try await bench.built("r"))
        #expect(repo.message("Stalled") == "")
        let files = try #require(try await bench.files("r-app"))
        #expect(files.keys.contains { $0.hasPrefix("charts/library-0.3.1") })
      }
    }
  }

  @Test("a hundred bundles with one chart ask its server once")
  func once() async throws {
    let chart = try await PackagedChart.make(name: "nginx", version: "1.2.3")
    try await withChartRepository(charts: [chart], isTLS: false) { server in
      try await withChartBench { bench in
        var files: [String: String] = [:]
        for number in 0..<100 { files["b\(number)/fleet.yaml"] = fleetYAML(server.url, "nginx", "^1.0.0") }
        _ = try await bench.follow("r", files)
        _ = try await bench.follow("s", files)
        for name in ["r", "s"] {
          let repo = try #require(try await bench.built(name))
          #expect(repo.message("Stalled") == "")
          #expect(try await bench.chart("\(name)-b0") != nil)
          #expect(try await bench.chart("\(name)-b99") != nil)
        }
        #expect(try server.requests().map(\.path) == ["/index.yaml", "/nginx-1.2.3.tgz"])
      }
    }
  }

  @Test("a bomb fails its own bundle by name, and a server that went away leaves what it gave")
  func hostileAndAbsentServers() async throws {
    let chart = try await PackagedChart.make(name: "nginx", version: "1.0.0")
    // Small enough for Helm's own limit on a file, large enough for ours on what an archive unpacks to.
    let zeros = String(repeating: "\0", count: 4 << 20)
    let files = Dictionary(uniqueKeysWithValues: (0..<18).map { ("zeros\($0)", zeros) })
    let bomb = try await PackagedChart.make(name: "bomb", version: "1.0.0", files: files)
    let server = try await ChartRepositoryServer.start(charts: [chart, bomb], isTLS: false)
    try await withChartBench { bench in
      _ = try await bench.follow(
        "r",
        [
          "bomb/fleet.yaml": fleetYAML(server.url, "bomb", "1.0.0"),
          "good/fleet.yaml": fleetYAML(server.url, "nginx", "1.x"),
        ])
      let repo = try #require(try await bench.built("r"))
      #expect(repo.message("Stalled").contains("bomb:"))
      #expect(repo.message("Stalled").contains("(chartRatio)"))
      #expect(!repo.message("Stalled").contains("good:"))
      let before = try #require(try await bench.files("r-good"))

      await server.stop()
      try await bench.change("r", "forceSyncGeneration", to: 1)
      let down = try #require(try await bench.gitRepo("r") { $0.message("Stalled").contains("good:") })
      #expect(down.status["updateGeneration"] == 1)
      #expect(try await bench.files("r-good") == before)
    }
    await server.stop()
  }

  @Test("forcing a GitRepo asks chart servers again, a new commit within five minutes does not (B11)")
  func forced() async throws {
    try await withChartRepository(
      charts: [try await PackagedChart.make(name: "nginx", version: "1.0.0")], isTLS: false
    ) { server in
      try await withChartBench { bench in
        let repository = try await bench.follow("r", ["a/fleet.yaml": fleetYAML(server.url, "nginx", "1.x")])
        _ = try #require(try await bench.built("r"))
        try server.publish(try await PackagedChart.make(name: "nginx", version: "1.1.0"))
        try await bench.bench.commit(["b/fleet.yaml": fleetYAML(server.url, "nginx", "1.x")], to: repository)
        let key = bench.bench.key(StoredKind.bundles, ChartBench.namespace, "r-b")
        _ = try #require(try await bench.bench.object(key) { _ in true })
        #expect(try await bench.chart("r-b")?.contains("version: 1.0.0") == true)
        #expect(try server.requests().count == 2)
        try await bench.change("r", "forceSyncGeneration", to: 1)
        _ = try #require(try await bench.gitRepo("r") { $0.status["updateGeneration"] == 1 })
        #expect(try await bench.chart("r-a")?.contains("version: 1.1.0") == true)
        #expect(try server.requests().count == 4)
      }
    }
  }

  @Test("while a chart server drips, its GitRepo says what it waits for, others go on, and a stop does not wait for it")
  func slowServer() async throws {
    let chart = try await PackagedChart.make(name: "nginx", version: "1.0.0")
    try await withChartRepository(charts: [chart], isTLS: false) { slow in
      try slow.answer("/index.yaml", by: .drip(seconds: 1))
      try await withChartRepository(charts: [chart], isTLS: false) { quick in
        let started = ContinuousClock.now
        try await withChartBench { bench in
          _ = try await bench.follow("slow", ["a/fleet.yaml": fleetYAML(slow.url, "nginx", "1.x")])
          _ = try #require(
            try await bench.gitRepo("slow") {
              $0.message("Reconciling") == "fetching chart nginx 1.x from \(slow.url)"
            })
          _ = try await bench.follow("quick", ["a/fleet.yaml": fleetYAML(quick.url, "nginx", "1.x")])
          #expect(try #require(try await bench.built("quick")).message("Stalled") == "")
        }
        // Helm's own limit would be five minutes.
        #expect(ContinuousClock.now - started < .seconds(200))
      }
    }
  }
}
