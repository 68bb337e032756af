import Testing

@testable import Fleet

/// What `helm dependency update` would put into `charts/` (fleet-behaviour §2.4, §2.5; C17).
@Suite("Dependencies of charts in the repository")
struct ChartDependencyTests {
  private func chart(_ name: String, _ dependencies: String...) -> String {
    "apiVersion: v2\nname: \(name)\nversion: 1.0.0\n"
      + (dependencies.isEmpty ? "" : "dependencies:\n" + dependencies.map { "- \($0)\n" }.joined())
  }

  private let redis = "{name: redis, version: 18.x, repository: 'https://charts.example.com'}"

  /// Supplies whatever is asked for, as a chart of the version `9.9.9` unless an exact one is asked for.
  private func build(_ files: [String: String], paths: [String] = []) -> (first: BuildResult, last: BuildResult) {
    let first = TestTrees.build(files, paths: paths)
    var charts: SuppliedCharts = [:]
    var last = first
    for _ in 0..<4 where !last.needs.isEmpty {
      for request in last.needs {
        let name = request.chart.isEmpty ? String(request.repo.split(separator: "/").last ?? "") : request.chart
        let version = request.version.allSatisfy { $0.isNumber || $0 == "." } ? request.version : "9.9.9"
        charts[request.key] = .success(
          SuppliedChart(
            name: name, version: version.isEmpty ? "9.9.9" : version,
            files: [.init(path: "Chart.yaml", bytes: Array(chart(name).utf8))], archive: Array("\(name) archive".utf8)))
      }
      last = TestTrees.build(files, paths: paths, charts: charts)
    }
    return (first, last)
  }

  @Test("what a chart declares and does not have is asked for, and comes as charts/<name>-<version>.tgz")
  func fetched() throws {
    let files = [
      "app/web/Chart.yaml": chart(
        "web", redis, "{name: pg, version: '>=1 <2', repository: 'oci://r.example.com/charts/'}"),
      "app/fleet.yaml": "helm: {chart: web}",
    ]
    let (first, last) = build(files, paths: ["app"])
    #expect(
      first.needs == [
        ChartRequest(
          chart: "redis", repo: "https://charts.example.com", version: "18.x", path: "app",
          purpose: .dependency(of: "app/web/Chart.yaml")),
        ChartRequest(
          chart: "", repo: "oci://r.example.com/charts/pg", version: ">=1 <2", path: "app",
          purpose: .dependency(of: "app/web/Chart.yaml")),
      ])
    #expect(
      first.failureMessage
        == "app/web/Chart.yaml: dependencies: the chart depends on redis 18.x from https://charts.example.com, which has not"
        + " been fetched")
    let bundle = try #require(last.bundles.first)
    #expect(bundle.resourceNames == ["web/Chart.yaml", "web/charts/pg-9.9.9.tgz", "web/charts/redis-9.9.9.tgz"])
    #expect(try bundle.spec.resources[2].bytes() == Array("redis archive".utf8))
    #expect(build(files, paths: ["app"]).last.bundles == last.bundles)
  }

  @Test("what lies in charts/, unpacked or packed, is not asked for; a longer name that begins alike is another chart")
  func vendored() {
    let there = [
      ["charts/redis-18.1.0.tgz": "x"], ["charts/redis/Chart.yaml": chart("redis")],
      ["charts/other/Chart.yaml": chart("redis")],
      ["charts/redis-v1.tgz": "x"],
    ]
    for files in there {
      #expect(build(files.merging(["Chart.yaml": chart("web", redis)]) { $1 }).first.needs.isEmpty, "\(files)")
    }
    for files in [
      ["charts/redis-ha-1.0.0.tgz": "x"], ["charts/redis/Chart.yaml": chart("other")], ["redis-1.tgz": "x"],
    ] {
      #expect(build(files.merging(["Chart.yaml": chart("web", redis)]) { $1 }).first.needs.count == 1, "\(files)")
    }
  }

  @Test("disableDependencyUpdate leaves everything as it is")
  func disabled() {
    let files = ["Chart.yaml": chart("web", redis), "fleet.yaml": "helm: {disableDependencyUpdate: true}"]
    let result = TestTrees.build(files)
    #expect(result.needs.isEmpty && result.bundles.first?.resourceNames == ["Chart.yaml"])
  }

  @Test("requirements.yaml of old charts counts, and conditions, tags and aliases change nothing")
  func old() {
    let dependency = "{name: redis, version: 18.x, repository: 'https://charts.example.com', condition: a.b, tags: [t]"
    let files = [
      "Chart.yaml": chart("web"),
      "requirements.yaml": "dependencies:\n- \(dependency)}\n- \(dependency), alias: second}\n",
    ]
    let (first, last) = build(files)
    #expect(first.needs.count == 1 && first.needs.first?.purpose == .dependency(of: "requirements.yaml"))
    #expect(last.bundles.first?.resourceNames.contains("charts/redis-9.9.9.tgz") == true)
  }

  @Test("a lock gives exact versions while it belongs to its Chart.yaml, and is named when it does not")
  func lock() {
    let declared = """
      name: wordpress
      version: 1.0.0
      dependencies:
      - {name: wordpress, version: 11.x.x, repository: 'https://charts.bitnami.com/bitnami'}
      """
    // A lock that Helm itself wrote.
    let lock = """
      dependencies:
      - name: wordpress
        repository: https://charts.bitnami.com/bitnami
        version: 11.0.13
      digest: sha256:fadf70f3c8633dd7c48ffc77e294e1c6de1214bacc8d1ed0d2d35a649570a8d1
      generated: "2021-06-07T12:49:12.956651+02:00"
      """
    let (first, last) = build(["Chart.yaml": declared, "Chart.lock": lock])
    #expect(first.needs.map(\.version) == ["11.0.13"] && first.warnings.isEmpty)
    #expect(last.bundles.first?.resourceNames == ["Chart.lock", "Chart.yaml", "charts/wordpress-11.0.13.tgz"])
    let stale = TestTrees.build(["Chart.yaml": declared.replacing("11.x.x", with: "12.x.x"), "Chart.lock": lock])
    #expect(stale.needs.map(\.version) == ["12.x.x"])
    #expect(
      stale.warnings.first?.description.hasPrefix("Chart.lock: is not the lock of Chart.yaml as it is now") == true)
    let plain = "dependencies: [{name: wordpress, version: 11.0.1}]"
    #expect(TestTrees.build(["Chart.yaml": declared, "Chart.lock": plain]).needs.map(\.version) == ["11.0.1"])
  }

  @Test("every field of a dependency is in the hash that ties a lock to its chart")
  func lockDigest() throws {
    let declared = """
      dependencies:
      - name: redis
        version: 18.x
        repository: https://charts.example.com
        condition: redis.enabled
        tags: [db]
        import-values: [data, {parent: p, child: c}]
      - {name: lib, version: ">=1 <2", repository: file://../lib, alias: l}
      """
    let lock = """
      dependencies:
      - {name: redis, version: 18.1.6, repository: https://charts.example.com}
      - {name: lib, version: 1.4.0, repository: file://../lib}
      digest: sha256:e5a062e5b11003bda960d876c9e55164a9fafa4b0df7bffccadf6e5370116049
      """
    let chart = try ChartMetadata(Array(declared.utf8), file: "Chart.yaml")
    #expect(try ChartMetadata(Array(lock.utf8), file: "Chart.lock").isLock(of: chart))
    let other = try ChartMetadata(Array(declared.replacing("[db]", with: "[]").utf8), file: "Chart.yaml")
    #expect(try !ChartMetadata(Array(lock.utf8), file: "Chart.lock").isLock(of: other))
  }

  @Test("a chart beside the bundle is packed with its own dependencies, and with what they depend on")
  func local() throws {
    let files = [
      "app/Chart.yaml": chart("web", "{name: lib, version: 1.0.0, repository: 'file://../libs/lib'}"),
      "libs/lib/Chart.yaml": chart(
        "lib", "{name: base, repository: 'file://../base', version: '*'}", redis),
      "libs/lib/templates/a.yaml": "x", "libs/lib/.helmignore": "*.bak\n/ci/\n!keep*\n".replacing("!keep*\n", with: ""),
      "libs/lib/a.bak": "x", "libs/lib/ci/values.yaml": "x", "libs/lib/.hidden": "x",
      "libs/base/Chart.yaml": chart("base"),
    ]
    let (first, last) = build(files, paths: ["app"])
    #expect(first.needs.map(\.displayName) == ["redis 18.x from https://charts.example.com"])
    let bundle = try #require(last.bundles.first)
    #expect(bundle.resourceNames == ["Chart.yaml", "charts/lib-1.0.0.tgz"])
    let packed = try ChartArchiveReader.chart(of: bundle.spec.resources[1].bytes())
    #expect(packed.name == "lib")
    #expect(
      packed.files.map(\.path) == ["Chart.yaml", "charts/base-1.0.0.tgz", "charts/redis-9.9.9.tgz", "templates/a.yaml"])
    #expect(try ChartArchiveReader.chart(of: packed.files[1].bytes).name == "base")
    #expect(build(files, paths: ["app"]).last.bundles == last.bundles)
  }

  @Test(
    "a dependency that cannot be got is refused with its Chart.yaml and the reason",
    arguments: [
      ("{name: x, repository: ''}", "without a repository"), ("{name: x}", "without a repository"),
      ("{name: x, repository: '@stable'}", "somebody's own Helm configuration"),
      ("{name: x, repository: 'alias:stable'}", "somebody's own Helm configuration"),
      ("{name: x, repository: 's3://bucket'}", "a repository is https://"),
      ("{name: x, repository: 'file:///etc'}", "no path relative to the chart"),
      ("{name: x, repository: 'file://../../../etc'}", "leads out of the repository"),
      ("{name: x, repository: 'file://../none'}", "none is not a directory of the repository"),
      ("{name: x, repository: 'file://../plain'}", "plain has no Chart.yaml"),
      ("{name: x, repository: 'file://../cycle'}", "which depends on this chart: "),
      ("{name: x, repository: 'file://.'}", "which depends on this chart: "),
      ("{name: x, repository: 'file://../evil'}", "no proper name or version"),
      ("{name: x, repository: 'file://../link'}", "absolute path"), ("{version: 1}", "must be a string"),
      ("{repository: 'https://x'}", "has no name"), ("text", "must be an object"),
    ])
  func refused(dependency: String, reason: String) {
    let files = [
      "app/Chart.yaml": chart("web", dependency), "plain/a.yaml": "x", "fine/a.yaml": TestTrees.configMap,
      "cycle/Chart.yaml": chart("cycle", "{name: web, repository: 'file://../cycle2'}"),
      "cycle2/Chart.yaml": chart("web", "{name: cycle, repository: 'file://../cycle'}"),
      "evil/Chart.yaml": "name: ../../evil\nversion: 1.0.0\n",
    ]
    let result = TestTrees.build(files, links: ["link": "/etc"], paths: ["app", "fine"])
    #expect(result.shape == ["repo-fine": 1] && result.needs.isEmpty)
    #expect(result.failureMessage.contains(reason), "\(result.failureMessage)")
    #expect(reason == "absolute path" || result.failureMessage.contains("Chart.yaml"), "\(result.failureMessage)")
  }

  @Test("a server that gives another chart, or one whose name is a path, is refused")
  func wrongChart() throws {
    let files = ["Chart.yaml": chart("web", redis)]
    let request = try #require(TestTrees.build(files).needs.first)
    for (name, version) in [("other", "1.0.0"), ("redis", "../../1"), ("redis", "")] {
      let supplied = SuppliedChart(name: name, version: version, files: [], archive: [])
      let result = TestTrees.build(files, charts: [request.key: .success(supplied)])
      #expect(result.failureMessage.contains("but https://charts.example.com gave the chart \"\(name)\""))
    }
    let failed = TestTrees.build(files, charts: [request.key: .failure(FleetError(.chartUnavailable, "404 Not Found"))])
    #expect(
      failed.failureMessage
        == "Chart.yaml: dependencies: the chart redis 18.x from https://charts.example.com could not be fetched: 404 Not Found"
    )
  }

  @Test("charts that are only carried along do not fail a bundle for what is wrong with their metadata")
  func carried() {
    let files = [
      "a.yaml": TestTrees.configMap, "docs/Chart.yaml": "{{ cookiecutter.name }}: [\n",
      "more/Chart.yaml": chart("more", "{name: x, repository: '@stable'}"),
    ]
    let result = TestTrees.build(files)
    #expect(result.bundles.count == 1 && result.warnings.map(\.file) == ["docs/Chart.yaml", "more/Chart.yaml"])
    let deployed = TestTrees.build(["Chart.yaml": "a: [\n", "a.yaml": TestTrees.configMap])
    #expect(deployed.failureMessage.hasPrefix("Chart.yaml:"))
  }

  @Test("an external chart that lacks a dependency asks for it in the next round, without its hidden files")
  func external() throws {
    let files = ["fleet.yaml": "helm: {repo: 'https://c.example.com', chart: web, version: ^1}"]
    let request = try #require(TestTrees.build(files).needs.first)
    #expect(request.key == Digests.sha256Hex("web:https://c.example.com:^1") && request.purpose == .chart)
    var charts: SuppliedCharts = [
      request.key: .success(
        SuppliedChart(
          name: "web", version: "1.2.3",
          files: [
            .init(path: "Chart.yaml", bytes: Array(chart("web", redis).utf8)), .init(path: ".helmignore", bytes: []),
            .init(path: ".ci/x.yaml", bytes: []),
          ], archive: []))
    ]
    let second = TestTrees.build(files, charts: charts)
    #expect(second.needs.map(\.chart) == ["redis"])
    for request in second.needs {
      charts[request.key] = .success(SuppliedChart(name: "redis", version: "18.0.0", files: [], archive: [1]))
    }
    #expect(
      TestTrees.build(files, charts: charts).bundles.first?.resourceNames
        == ["Chart.yaml", "charts/redis-18.0.0.tgz"].map { ".chart/\(request.key)/web/\($0)" })
  }

  @Test("chains of charts, and their number, have limits")
  func limits() {
    var files = ["app/Chart.yaml": chart("web", "{name: c0, repository: 'file://../c0'}")]
    for index in 0...Limits.chartDepth {
      files["c\(index)/Chart.yaml"] = chart("c\(index)", "{name: c\(index + 1), repository: 'file://../c\(index + 1)'}")
    }
    #expect(TestTrees.build(files, paths: ["app"]).failureMessage.contains("(chartDepth)"))
    let many = (0...Limits.chartRequests).map { "- {name: c\($0), repository: 'https://x'}\n" }.joined()
    let result = TestTrees.build(["Chart.yaml": chart("web") + "dependencies:\n" + many])
    #expect(result.failureMessage.contains("(chartRequests)"))
  }
}
