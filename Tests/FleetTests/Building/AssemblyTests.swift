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
    let chart = SuppliedChart(
      name: "nginx", version: "1.2.3",
      files: [.init(path: "Chart.yaml", bytes: Array("name: nginx\n".utf8)), .init(path: ".helmignore", bytes: [])],
      archive: [])
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

  @Test("a local chart must be one, and must lie in the bundle")
  func localChart() {
    let good = TestTrees.build(["fleet.yaml": "helm: {chart: ./charts/web}", "charts/web/Chart.yaml": "name: web\n"])
    #expect(good.failures.isEmpty && good.needs.isEmpty && good.bundles.count == 1)
    let outside = TestTrees.build(
      ["app/fleet.yaml": "helm: {chart: ../web}", "web/Chart.yaml": "name: web\n"], paths: ["app"])
    #expect(outside.failureMessage.contains("lies outside the bundle's directory app"))
    let noChart = TestTrees.build(["fleet.yaml": "helm: {chart: web}", "web/a.yaml": yaml])
    #expect(noChart.failureMessage.contains("it has no Chart.yaml"))
    let missing = TestTrees.build(["fleet.yaml": "helm: {chart: web}", "a.yaml": yaml])
    #expect(missing.needs.isEmpty && missing.failureMessage.contains("no helm.repo to fetch a chart of this name from"))
    for address in ["oci://r/c", "https://h/c.tgz", "git::https://h/r//c", "github.com/o/r//c", "git@h:o/r"] {
      let asked = TestTrees.build(["fleet.yaml": "helm: {chart: '\(address)'}", "a.yaml": yaml])
      #expect(asked.needs.map(\.chart) == [address])
    }
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
      (
        "dependsOn:\n- name: a\n  acceptedStates: [Ready, Broken]\n",
        "app/fleet.yaml:3: dependsOn[0].acceptedStates: \"Broken\" is not a state; the states are Ready, NotReady, Pending,"
          + " OutOfSync, Modified, WaitApplied, ErrApplied"
      ),
      ("labels:\n  a: b\n  c: \"x y\"\n", "app/fleet.yaml:3: labels.c: \"x y\" cannot be a label's value"),
      ("labels: {a_/b: c}\n", "app/fleet.yaml:1: labels.a_/b: cannot be a label's key"),
      (
        "downstreamResources:\n- kind: Pod\n  name: a\n",
        "app/fleet.yaml:2: downstreamResources[0].kind: must be Secret or"
      ),
      ("helm:\n  releaseName: \(String(repeating: "a", count: 54))\n", "app/fleet.yaml:2: helm.releaseName:"),
      ("helm:\n  templateValues:\n    a: {b: c}\n", "app/fleet.yaml:3: helm.templateValues.a: must be a string"),
      (
        "helm:\n  valuesFrom:\n  - name: a\n",
        "app/fleet.yaml:3: helm.valuesFrom[0].name: belongs under configMapKeyRef or secretKeyRef"
      ),
      ("ignore:\n  conditions:\n  - type: 1\n", "app/fleet.yaml:3: ignore.conditions[0].type: must be a string"),
      ("rolloutStrategy: {maxNew: many}\n", "app/fleet.yaml:1: rolloutStrategy.maxNew: must be an integer"),
      ("keepResources: \"yes\"\n", "app/fleet.yaml:1: keepResources: must be true or false"),
      ("imageScans:\n- image: i\n  tagName: t\n  interval: 1d\n", "app/fleet.yaml:4: imageScans[0].interval:"),
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

  @Test("keys in other letter case count as Fleet counts them, with a warning; so does a key that stands twice")
  func letterCase() throws {
    let text = """
      defaultnamespace: web
      Helm:
        releasename: web
        values: {KeepMe: 1, keepme: 2}
      targetcustomizations:
      - clusterselector: {}
      paused: false
      paused: true
      Paused: false
      """
    let result = TestTrees.build(["fleet.yaml": text, "a.yaml": yaml])
    let bundle = try #require(result.bundles.first)
    #expect(bundle.spec.options.defaultNamespace == "web" && bundle.spec.paused)
    #expect(bundle.spec.options.helm?.releaseName == "web")
    #expect(bundle.spec.options.helm?.values == ["KeepMe": 1, "keepme": 2])
    #expect(bundle.spec.targets.first?.criteria.clusterSelector != nil)
    #expect(
      result.warnings.map(\.description) == [
        "fleet.yaml:8: key \"paused\" is already set in this mapping; remove one of the two; the last one counts",
        "fleet.yaml:2: the key \"Helm\" is taken for \"helm\"; write it so",
        "fleet.yaml:9: the key \"Paused\" has no effect beside \"paused\"; remove one of the two",
        "fleet.yaml:1: the key \"defaultnamespace\" is taken for \"defaultNamespace\"; write it so",
        "fleet.yaml:3: the key \"helm.releasename\" is taken for \"releaseName\"; write it so",
        "fleet.yaml:6: the key \"targetCustomizations[0].clusterselector\" is taken for \"clusterSelector\"; write it so",
        "fleet.yaml:5: the key \"targetcustomizations\" is taken for \"targetCustomizations\"; write it so",
      ])
  }

  @Test("every key of fleet.yaml goes where Fleet puts it")
  func everyKey() throws {
    let text = """
      name: my-app
      labels: {a: b}
      annotations: {note: hi}
      defaultNamespace: dn
      namespace: ns
      kustomize: {dir: k}
      helm:
        chart: c
        releaseName: r
        timeoutSeconds: 5
        values: {a: 1}
        templateValues: {t: "${ .ClusterName }"}
        valuesFrom: [{configMapKeyRef: {name: cm, namespace: s, key: k}}]
        valuesFiles: [v.yaml]
        force: true
        takeOwnership: true
        maxHistory: 3
        waitForJobs: true
        atomic: true
        disablePreProcess: true
        disableDNS: true
        skipSchemaValidation: true
        disableDependencyUpdate: true
      yaml: {overlays: [o]}
      diff: {comparePatches: [{apiVersion: v1, kind: K, name: o, namespace: s, jsonPointers: [/a], operations: [{op: remove, path: /b, value: c}]}]}
      ignore: {conditions: [{type: T, status: "False"}]}
      keepResources: true
      deleteNamespace: true
      correctDrift: {enabled: true, force: true, keepFailHistory: true}
      deleteCRDResources: true
      paused: true
      rolloutStrategy: {maxUnavailable: 10%, maxUnavailablePartitions: 1, autoPartitionSize: 5, autoPartitionThreshold: 6, maxNew: 7, partitions: [{name: p, maxUnavailable: 1, clusterGroup: g}]}
      dependsOn: [{name: d, acceptedStates: [Ready, Modified]}, {selector: {matchLabels: {x: z}}}]
      targetCustomizations: [{name: t, clusterSelector: {}, doNotDeploy: true, namespace: tn, namespaceLabels: {c: d}}]
      targetCustomizationMode: AllMatches
      targets: [{name: f, clusterGroupSelector: {matchLabels: {g: h}}}]
      targetRestrictions: [{clusterName: only}]
      namespaceLabels: {l: m}
      namespaceAnnotations: {an: o}
      downstreamResources: [{kind: ConfigMap, name: cm}]
      serviceAccount: sa
      createNamespace: false
      resources: [{name: ignored.yaml, content: x}]
      """
    let files = ["fleet.yaml": text, "c/Chart.yaml": "name: c\n", "v.yaml": "b: 2\n"]
    let result = TestTrees.build(files)
    #expect(result.warnings.isEmpty && result.failures.isEmpty, "\(result.warnings) \(result.failureMessage)")
    let bundle = try #require(result.bundle("my-app"))
    #expect(bundle.metadata.labels == ["a": "b"] && bundle.metadata.annotations == ["note": "hi"])
    #expect(bundle.resourceNames == ["c/Chart.yaml"])
    var expected = try #require(try YAML.parse(text).first)
    for key in ["name", "labels", "annotations", "targetCustomizations"] { expected[key] = Value?.none }
    expected["resources"] = .array(bundle.spec.resources.map(\.value))
    expected.set(["a": 1, "b": 2], at: "helm", "values")
    let customization = try YAML.parse(text).first?["targetCustomizations"]?.array ?? []
    expected["targets"] = .array((expected["targets"]?.array ?? []) + customization)
    #expect(bundle.spec.value == expected)
  }

  @Test("a targets file gives targets with options, and restrictions; overrideTargets win over it")
  func targetsFile() throws {
    var options = BuildOptions()
    options.targetsFile = try TargetsFile(
      parsing: Array(
        "targets: [{name: a, clusterGroup: g, namespace: ns}]\ntargetRestrictions: [{clusterGroup: g}]".utf8),
      file: "targets.yaml")
    let bundle = try #require(TestTrees.build(["a.yaml": yaml], options: options).bundles.first)
    #expect(bundle.spec.targets.map(\.options.namespace) == ["ns"] && bundle.spec.targetRestrictions.count == 1)
    let own = TestTrees.build(["fleet.yaml": "overrideTargets: [{clusterName: c}]", "a.yaml": yaml], options: options)
    #expect(own.bundles.first?.spec.targets.map(\.criteria.clusterName) == ["c"])
    #expect { try TargetsFile(parsing: Array("targets:\n- name: 1\n".utf8), file: "t.yaml") } throws: { error in
      "\(error)".hasPrefix("t.yaml:2: targets[0].name: must be a string")
    }
  }

  @Test("image scans become objects named by the bundle and their place, where the manager allows them (C23)")
  func imageScans() throws {
    let text = """
      name: other
      labels: {a: b}
      imageScans:
      - tagName: skipped
      - {image: i, tagName: t, interval: 5m, policy: {alphabetical: {order: ASC}}}
      """
    var options = BuildOptions()
    options.imageScans = true
    options.namespace = "fleet-default"
    options.repoLabel = "repo"
    let result = TestTrees.build(["app/fleet.yaml": text, "app/a.yaml": yaml], options: options)
    let scan = try #require(result.imageScans.first)
    #expect(result.imageScans.count == 1 && scan.at("metadata", "name") == "imagescan-repo-app-1")
    #expect(scan.at("metadata", "labels", "a") == "b" && scan.at("metadata", "namespace") == "fleet-default")
    #expect(scan.at("spec", "gitrepoName") == "repo" && scan.at("spec", "interval") == "5m")
    let skipped = TestTrees.build(["fleet.yaml": "imageScans: [{tagName: x}]", "a.yaml": yaml])
    #expect(skipped.failures.isEmpty && skipped.imageScans.isEmpty)
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
