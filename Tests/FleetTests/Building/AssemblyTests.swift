import Document
import Testing

@testable import Fleet

@Suite("From fleet.yaml to a bundle")
struct AssemblyTests {
  let yaml = TestTrees.configMap

  private func gitRepo(_ spec: Value) throws -> GitRepo {
    try GitRepo([
      "metadata": ["name": "repo", "namespace": "fleet-default", "labels": ["team": "a", "x": "repo"]], "spec": spec,
    ])
  }

  @Test("a bundle of a GitRepo carries its labels, commit, targets and options")
  func fromGitRepo() throws {
    let repo = try gitRepo([
      "repo": "r", "targets": [["clusterGroup": "g"], ["name": "n", "clusterName": "c"]], "paused": true,
      "keepResources": true,
      "deleteNamespace": true, "serviceAccount": "sa", "forceSyncGeneration": 7, "targetNamespace": "forced",
      "correctDrift": ["enabled": true],
    ])
    let files = [
      "app/fleet.yaml": "labels: {x: own}\nannotations: {note: hi}\nserviceAccount: other\n", "app/a.yaml": yaml,
    ]
    let bundle = try #require(
      TestTrees.build(files, paths: ["app"], options: BuildOptions(gitRepo: repo, commit: "0123abcd")).bundle(
        "repo-app"))
    #expect(bundle.metadata.namespace == "fleet-default")
    #expect(
      bundle.metadata.labels == ["team": "a", "x": "own", FleetLabels.commit: "0123abcd", FleetLabels.repoName: "repo"])
    #expect(bundle.metadata.annotations == ["note": "hi"])
    #expect(bundle.spec.targets.map(\.criteria.clusterGroup) == ["g", ""])
    #expect(bundle.spec.targetRestrictions.map(\.criteria.clusterGroup) == ["g", ""])
    #expect(bundle.spec.paused && bundle.spec.options.keepResources && bundle.spec.options.deleteNamespace)
    #expect(bundle.spec.options.serviceAccount == "sa" && bundle.spec.options.forceSyncGeneration == 7)
    #expect(
      bundle.spec.options.namespace == "forced" && bundle.spec.targets.allSatisfy { $0.options.namespace == "forced" })
    #expect(bundle.spec.options.correctDrift?.enabled == true)
    #expect(try Bundle(bundle.value) == bundle)
  }

  @Test("without targets a bundle goes to the group default")
  func defaultTarget() throws {
    let repo = try gitRepo(["repo": "r"])
    let fromRepo = TestTrees.build(["a.yaml": yaml], options: BuildOptions(gitRepo: repo, commit: "")).bundles.first
    #expect(fromRepo?.spec.targets == [BundleTarget(.defaultTarget)])
    #expect(fromRepo?.spec.targetRestrictions == [.defaultTarget])
    let alone = TestTrees.build(["a.yaml": yaml]).bundles.first
    #expect(alone?.spec.targets == [BundleTarget(.defaultTarget)] && alone?.spec.targetRestrictions == [])
  }

  @Test("customisations come before targets, and unnamed ones are named by their place")
  func targets() throws {
    let text = """
      targets: [{name: first, clusterName: a}]
      targetCustomizations: [{clusterName: b, helm: {values: {x: 1}}}, {name: edge, clusterSelector: {}}]
      targetCustomizationMode: AllMatches
      """
    let bundle = try #require(
      TestTrees.build(
        ["fleet.yaml": text, "a.yaml": yaml], options: BuildOptions(gitRepo: gitRepo(["repo": "r"]), commit: "")
      ).bundles.first)
    #expect(bundle.spec.targets.map(\.name) == ["first", "target001", "edge", "default"])
    #expect(bundle.spec.targetCustomizationMode == .allMatches)
  }

  @Test("overrideTargets replace the GitRepo's, even when empty")
  func overrides() throws {
    let options = BuildOptions(gitRepo: try gitRepo(["repo": "r", "targets": [["clusterName": "repo"]]]), commit: "")
    let some = TestTrees.build(
      ["fleet.yaml": "overrideTargets: [{clusterName: own}]", "a.yaml": yaml], options: options
    ).bundles.first
    #expect(some?.spec.targets.map(\.criteria.clusterName) == ["own"])
    #expect(some?.spec.targetRestrictions.map(\.criteria.clusterName) == ["own"])
    let none = TestTrees.build(["fleet.yaml": "overrideTargets: []", "a.yaml": yaml], options: options).bundles.first
    #expect(none?.spec.targets == [BundleTarget(.defaultTarget)] && none?.spec.targetRestrictions == [])
  }

  @Test("values files win over inline values, later ones over earlier ones, and are no resources")
  func valuesFiles() throws {
    let files = [
      "fleet.yaml":
        "helm:\n  values: {a: {b: inline, c: inline}, l: [1, 2]}\n  valuesFiles: [one.yaml, ./sub/two.yaml]\n",
      "one.yaml": "a: {b: one, d: one}\n", "sub/two.yaml": "a: {d: two}\nl: [3]\n", "two.yaml": yaml,
      "Chart.yaml": "name: c\n",
      "sub/other.yaml": yaml,
    ]
    let bundle = try #require(TestTrees.build(files).bundles.first)
    #expect(bundle.spec.options.helm?.values == ["a": ["b": "one", "c": "inline", "d": "two"], "l": [3]])
    #expect(bundle.resourceNames == ["Chart.yaml", "sub/other.yaml"])
  }

  @Test("targets have values files of their own, and take chart, repo and version from the root")
  func targetHelm() throws {
    let text = """
      helm: {chart: nginx, repo: "https://charts.example.com", version: 1.2.3, values: {replicas: 1}}
      targetCustomizations:
      - name: edge
        helm: {valuesFiles: [edge.yaml]}
      - name: old
        helm: {version: 0.9.0}
      """
    let files = ["fleet.yaml": text, "edge.yaml": "replicas: 3\n"]
    let first = TestTrees.build(files)
    #expect(first.bundles.isEmpty)
    #expect(first.needs.map(\.version) == ["1.2.3", "0.9.0"])
    #expect(
      first.failureMessage.contains("the chart nginx 1.2.3 from https://charts.example.com is not in the repository"))
    let chart = SuppliedChart(files: [.init(path: "nginx/Chart.yaml", bytes: Array("name: nginx\n".utf8))])
    var charts: SuppliedCharts = [:]
    for request in first.needs { charts[request.key] = .success(chart) }
    let bundle = try #require(TestTrees.build(files, charts: charts).bundles.first)
    #expect(bundle.spec.targets[0].options.helm?.values == ["replicas": 3])
    #expect(bundle.spec.targets[0].options.helm?.chart == "nginx")
    #expect(bundle.resourceNames == first.needs.map { ".chart/\($0.key)/nginx/Chart.yaml" }.sorted())
    #expect(first.needs[0].key == Digests.sha256Hex("nginx:https://charts.example.com:1.2.3"))
  }

  @Test("a chart that could not be fetched is one bundle's failure, with the reason")
  func chartFailure() {
    let request = ChartRequest(chart: "nginx", repo: "https://c.example.com", version: "")
    let files = ["a/fleet.yaml": "helm: {chart: nginx, repo: 'https://c.example.com'}", "b/x.yaml": yaml]
    let charts: SuppliedCharts = [request.key: .failure(FleetError(.chartUnavailable, "connection refused"))]
    let result = TestTrees.build(files, paths: ["*"], charts: charts)
    #expect(result.shape == ["repo-b": 1] && result.needs.isEmpty)
    #expect(result.failureMessage.contains("could not be fetched: connection refused"))
  }

  @Test("a chart that lacks its dependencies says which, and how to bring them")
  func dependencies() {
    let chart = "name: web\ndependencies:\n- {name: redis, version: 18.x, repository: 'https://charts.example.com'}\n"
    let missing = TestTrees.build(["app/Chart.yaml": chart, "app/templates/a.yaml": yaml], paths: ["app"])
    #expect(
      missing.failureMessage.hasPrefix("app/Chart.yaml: dependencies: the chart depends on redis 18.x from https:"))
    let archived = TestTrees.build(["Chart.yaml": chart, "charts/redis-18.1.0.tgz": "x"])
    let unpacked = TestTrees.build([
      "c/Chart.yaml": chart, "c/charts/redis/Chart.yaml": "", "fleet.yaml": "helm: {chart: c}",
    ])
    #expect(archived.failures.isEmpty && unpacked.failures.isEmpty)
    let broken = TestTrees.build(["Chart.yaml": "a: [\n", "x.yaml": yaml])
    #expect(broken.failureMessage.hasPrefix("Chart.yaml:"))
  }

  @Test("a local chart must be one, and must lie in the bundle")
  func localChart() {
    let good = TestTrees.build(["fleet.yaml": "helm: {chart: ./charts/web}", "charts/web/Chart.yaml": "name: web\n"])
    #expect(good.failures.isEmpty && good.needs.isEmpty && good.bundles.count == 1)
    let outside = TestTrees.build(
      ["app/fleet.yaml": "helm: {chart: ../web}", "web/Chart.yaml": "name: web\n"], paths: ["app"])
    #expect(outside.failureMessage.contains("lies outside the bundle's directory app"))
    let noChart = TestTrees.build(["fleet.yaml": "helm: {chart: web}", "web/a.yaml": yaml])
    #expect(noChart.failureMessage.contains("it has no Chart.yaml"))
  }

  @Test(
    "errors of a fleet.yaml name file, line and key",
    arguments: [
      ("defaultNamespace: web\nhelm:\n  values:\n  - a\n", "app/fleet.yaml:3: helm.values: must be an object"),
      (
        "defaultNamespace: web\n\ndependsOn:\n- name: a\n- acceptedStates: [Ready]\n",
        "app/fleet.yaml:5: dependsOn[1]: needs a name"
      ),
      (
        "targetCustomizations:\n- name: a\n- name: b\n  helm:\n    releaseName: Not_Valid\n",
        "app/fleet.yaml:5: targetCustomizations[1].helm.releaseName:"
      ),
      ("helm:\n  version: 1.10\n", "app/fleet.yaml:2: helm.version: must be a string"),
      ("a: b\n  c: d\n", "app/fleet.yaml:2: "), ("- a\n", "app/fleet.yaml: the document: must be an object"),
      ("name: Not_Valid\n", "app/fleet.yaml:1: name: \"Not_Valid\" cannot be a bundle's name"),
      ("helm:\n  valuesFiles:\n  - none.yaml\n", "app/none.yaml: helm.valuesFiles: there is no such values file"),
      ("helm:\n  valuesFiles:\n  - ../none.yaml\n", "outside the bundle's directory"),
      ("imageScans:\n- image: i\n  tagName: t\n", "image scanning is disabled"),
      ("imageScans:\n- image: i\n", "app/fleet.yaml:2: imageScans[0].tagName: is missing"),
      (
        "targetCustomizationMode: Some\n", "app/fleet.yaml:1: targetCustomizationMode: must be FirstMatch or AllMatches"
      ),
      (
        "targets:\n  - clusterSelector:\n      matchExpressions:\n        - key: a\n          operator: Near\n",
        "app/fleet.yaml:2: targets[0].clusterSelector: is not a label selector"
      ),
    ])
  func errors(text: String, message: String) {
    let result = TestTrees.build(["app/fleet.yaml": text, "app/a.yaml": yaml], paths: ["app"])
    #expect(result.bundles.isEmpty)
    #expect(result.failureMessage.contains(message), "\(result.failureMessage)")
  }

  @Test("unknown keys are warnings with line and suggestion, and harm nothing")
  func unknownKeys() {
    let text = """
      defaultNamespce: web
      helm:
        valuesFile: a.yaml
        values:
          anything: goes
      targetCustomizations:
      - name: a
        clusterSelectors: {}
      - helm:
          realeaseName: b
      zzzzzzzz: 1
      """
    let result = TestTrees.build(["app/fleet.yaml": text, "app/a.yaml": yaml], paths: ["app"])
    #expect(result.bundles.count == 1)
    #expect(
      result.warnings.map(\.description) == [
        "app/fleet.yaml:1: the key \"defaultNamespce\" is not known and has no effect; did you mean \"defaultNamespace\"?",
        "app/fleet.yaml:3: the key \"helm.valuesFile\" is not known and has no effect; did you mean \"valuesFiles\"?",
        "app/fleet.yaml:8: the key \"targetCustomizations[0].clusterSelectors\" is not known and has no effect; did you mean \"clusterSelector\"?",
        "app/fleet.yaml:10: the key \"targetCustomizations[1].helm.realeaseName\" is not known and has no effect; did you mean \"releaseName\"?",
        "app/fleet.yaml:11: the key \"zzzzzzzz\" is not known and has no effect",
      ])
  }

  @Test("`name` overrides the generated name, and dependsOn and rollout go into the bundle")
  func spec() throws {
    let text = """
      name: my-app
      dependsOn: [{name: db}, {selector: {matchLabels: {a: b}}, acceptedStates: [Modified]}]
      rolloutStrategy: {maxUnavailable: 10%, partitions: [{name: canary, clusterGroup: canary}]}
      paused: true
      """
    let bundle = try #require(TestTrees.build(["fleet.yaml": text, "a.yaml": yaml]).bundle("my-app"))
    #expect(bundle.spec.dependsOn.count == 2 && bundle.spec.paused)
    #expect(bundle.spec.rolloutStrategy?.partitions.first?.name == "canary")
  }
}
