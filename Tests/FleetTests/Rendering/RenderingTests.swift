import Document
import Testing

@testable import Fleet

@Suite("From files to a release")
struct RenderingTests {
  private func payload(_ options: Value = [:], name: String = "app", commit: String = "0123456789abcdef") throws
    -> DeploymentPayload
  {
    DeploymentPayload(
      bundleName: name, bundleNamespace: "fleet-default", commit: commit, manifestID: "s-1", deploymentID: "s-1:2",
      options: try BundleDeploymentOptions(options))
  }

  private func plan(_ files: [String: String], _ options: Value = [:], name: String = "app") throws -> ReleasePlan {
    let manifest = Manifest(resources: files.map { BundleResource(name: $0.key, content: $0.value) })
    return try ReleasePlan(manifest: manifest, payload: payload(options, name: name))
  }

  private func map(_ name: String) -> String { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n" }

  private func names(_ objects: [Value]) -> [String?] { objects.map { $0.at("metadata", "name")?.string } }

  @Test("the release's name and namespace follow from the options, then from the bundle (5.2)")
  func names() throws {
    let plain = try plan(["a.yaml": map("a")], name: "my.app")
    #expect(plain.namespace == "default" && plain.releaseName == Names.helmReleaseName("my.app"))
    let given = try plan(
      ["a.yaml": map("a")], ["defaultNamespace": "d", "namespace": "n", "helm": ["releaseName": "rel"]])
    #expect(given.namespace == "n" && given.releaseName == "rel")
    #expect(try plan(["a.yaml": map("a")], ["defaultNamespace": "d"]).namespace == "d")
  }

  @Test("manifests are taken as they are; files of templates/ are rendered (F1)")
  func rawYAML() throws {
    let files = [
      "b.yaml": map("b") + "---\n" + map("c") + "---\nnot: an object\n---\n",
      "a.json":
        #"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}]}"#,
      "templates/t.yaml": "name: {{ .Values.x }}", "templates/_helpers.tpl": "ignored", "README.md": "x",
      "fleet.yaml": "defaultNamespace: x", "x.yml": map("x"),
      "overlays/dev/b.yaml": map("overlay"),
    ]
    let raw = try plan(files, ["helm": ["values": ["x": 1]]])
    #expect(raw.style == .rawYAML && raw.hasTemplates)
    #expect(names(raw.rawObjects) == ["s", "b", "c", "x"])
    #expect(raw.chartFiles.map(\.path) == ["Chart.yaml", "templates/t.yaml"])
    #expect(raw.values == ["x": 1] && raw.kustomization == nil)
    #expect(
      raw.chartMetadata["name"] == "app" && raw.chartMetadata["version"] == "v0.0.0+git-0123456789ab"
        && raw.chartMetadata["apiVersion"] == "v2")
    #expect(raw.chartMetadata.at("annotations", "fleet.cattle.io/bundle-id") == "app")
    #expect(raw.chartMetadata.at("annotations", "fleet.cattle.io/agent-namespace") == "cattle-fleet-system")
  }

  @Test("directories that are bundles or charts of their own are left out")
  func nested() throws {
    let files = [
      "a.yaml": map("a"), "n/fleet.yaml": "", "n/b.yaml": map("b"), "n/deep/c.yaml": map("c"),
      "chart/Chart.yaml": "name: c", "chart/templates/d.yaml": map("d"), "m/e.yaml": map("e"), "q/fleet.yml": "",
      "q/f.yaml": map("f"),
    ]
    #expect(names(try plan(files).rawObjects) == ["a", "e"])
  }

  @Test("JSON may be indented with tabs")
  func json() throws {
    let text = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"ConfigMap\",\n\t\"metadata\": {\"name\": \"tabs\"}\n}\n"
    #expect(names(try plan(["a.json": text]).rawObjects) == ["tabs"])
    #expect { try plan(["a.json": "{\"a\": "]) } throws: { "\($0)".hasPrefix("a.json:") }
  }

  @Test("a manifest that is not YAML names its file and line")
  func badYAML() {
    #expect { try plan(["ok.yaml": map("a"), "bad/b.yaml": "a: b\n  c: d\n"]) } throws: {
      "\($0)".hasPrefix("bad/b.yaml:2: ")
    }
  }

  @Test("a chart is what stands below its Chart.yaml, whose own metadata stay (F4)")
  func helm() throws {
    let chart = "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: \"9\"\nannotations: {own: kept}\n"
    let root = try plan(["Chart.yaml": chart, "templates/d.yaml": "x", "values.yaml": "a: 1\n", "bin.dat": "x"])
    #expect(root.style == .helm(directory: "") && root.hasTemplates && root.rawObjects.isEmpty)
    #expect(root.chartFiles.map(\.path).sorted() == ["Chart.yaml", "bin.dat", "templates/d.yaml", "values.yaml"])
    #expect(
      root.chartMetadata["version"] == "1.2.3" && root.chartMetadata["appVersion"] == "9"
        && root.chartMetadata.at("annotations", "own") == "kept")
    let below = try plan(
      ["charts/web/Chart.yaml": chart, "charts/web/templates/d.yaml": "x", "other.yaml": map("a")],
      ["helm": ["chart": "./charts/web/"]])
    #expect(below.style == .helm(directory: "charts/web"))
    #expect(below.chartFiles.map(\.path) == ["Chart.yaml", "templates/d.yaml"])
    let request = ChartRequest(chart: "nginx", repo: "https://c.example.com", version: "1")
    let external = try plan(
      [".chart/\(request.key)/nginx/Chart.yaml": chart, ".chart/\(request.key)/nginx/values.yaml": ""],
      ["helm": ["chart": "nginx", "repo": "https://c.example.com", "version": "1"]])
    #expect(external.style == .helm(directory: ".chart/\(request.key)/nginx") && external.chartFiles.count == 2)
    #expect { try plan(["a.yaml": map("a")], ["helm": ["chart": "missing"]]) } throws: {
      ($0 as? FleetError)?.code == .chartUnavailable
    }
  }

  @Test("a kustomization is recognised where it is to be, and rendered by nobody else (F3)")
  func kustomize() throws {
    let files = ["kustomization.yaml": "resources: [a.yaml]", "a.yaml": map("a")]
    let root = try plan(files)
    #expect(
      root.style == .kustomize(directory: "") && root.rawObjects.isEmpty && !root.hasTemplates
        && root.kustomization?.files.count == 2)
    let below = try plan(["k/kustomization.yaml": "", "k/a.yaml": map("a")], ["kustomize": ["dir": "./k"]])
    #expect(below.style == .kustomize(directory: "k") && below.kustomization?.directory == "k")
    let beside = try plan(["a.yaml": map("a"), "k/kustomization.yaml": "", "k/b.yaml": map("b")])
    #expect(beside.style == .rawYAML && beside.kustomization == nil)
  }

  @Test("overlays replace, add and patch files, in order (F2)")
  func overlays() throws {
    let deployment = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec: {replicas: 1, template: {spec: {containers: [{name: main, image: a}, {name: side, image: b}]}}}
      """
    let files = [
      "web.yaml": deployment, "cm.yaml": map("old"),
      "crd.yaml":
        "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\nspec: {list: [{name: a}, {name: b}], x: 1}\n",
      "json.yaml": map("json"),
      "overlays/one/cm.yaml": map("replaced"), "overlays/one/sub/new.yaml": map("new"),
      "overlays/one/web_patch.yaml": "spec: {replicas: 3, template: {spec: {containers: [{name: side, image: c}]}}}\n",
      "overlays/two/crd_patch.yaml": "spec: {list: [{name: c}]}\n",
      "overlays/two/json_patch.yaml": "- {op: replace, path: /metadata/name, value: patched}\n",
    ]
    let found = try plan(files, ["yaml": ["overlays": ["one", "two"]]]).rawObjects
    #expect(names(found) == ["replaced", "t", "patched", "new", "web"])
    let web = try #require(found.last)
    #expect(web.at("spec", "replicas") == 3)
    let containers = try #require(web.at("spec", "template", "spec", "containers")?.array)
    #expect(
      containers.map { $0["image"] } == ["a", "c"]
        || Set(containers) == [["name": "main", "image": "a"], ["name": "side", "image": "c"]])
    #expect(found[1].at("spec", "list") == [["name": "c"]] && found[1].at("spec", "x") == 1)
  }

  @Test("overlays that do not apply are errors that name the file")
  func badOverlays() {
    #expect {
      try plan(["a.yaml": map("a"), "overlays/o/b_patch.yaml": "x: 1"], ["yaml": ["overlays": ["o"]]])
    } throws: { error in
      "\(error)" == "overlays/o/b_patch.yaml: failed to find base file b.yaml to patch"
    }
    #expect { try plan(["a.yaml": map("a")], ["yaml": ["overlays": ["o"]]]) } throws: {
      "\($0)".contains("there is no overlay \"o\"")
    }
    #expect {
      try plan(
        ["a.yaml": map("a"), "overlays/o/a_patch.yaml": "- {op: remove, path: /none}"], ["yaml": ["overlays": ["o"]]])
    } throws: { "\($0)".contains("cannot be applied to a.yaml") }
  }

  @Test("every object carries the set's label and annotation; definitions are kept (F6, F7)")
  func postRender() throws {
    let objects: [Value] = [
      ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "labels": ["own": "x"]]],
      ["apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": "crd"]],
      ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "b", "namespace": "own"]],
      ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "ns"]],
      ["apiVersion": "example.com/v1", "kind": "Unknown", "metadata": ["name": "u"]],
    ]
    func scope(_ version: String, _ kind: String) -> Bool? {
      ["ConfigMap": true, "CustomResourceDefinition": false, "Namespace": false][kind]
    }
    let post = PostRender(payload: try payload(["defaultNamespace": "web"]))
    let found = try post.apply(objects, isNamespaced: scope)
    #expect(post.setID == "default-app")
    #expect(
      found.allSatisfy {
        $0.at("metadata", "labels", "objectset.rio.cattle.io/hash") == .string(Digests.sha1Hex("default-app"))
      })
    #expect(found.allSatisfy { $0.at("metadata", "annotations", "objectset.rio.cattle.io/id") == "default-app" })
    #expect(found[0].at("metadata", "labels", "own") == "x")
    #expect(found[1].at("metadata", "annotations", "helm.sh/resource-policy") == "keep")
    #expect(found.map { $0.at("metadata", "namespace") } == ["web", nil, "own", nil, nil])
    let deleting = PostRender(payload: try payload(["deleteCRDResources": true]))
    #expect(
      try deleting.apply(objects, isNamespaced: scope)[1].at("metadata", "annotations", "helm.sh/resource-policy")
        == nil)
  }

  @Test("a forced namespace moves every object and refuses cluster-scoped ones (F8)")
  func forcedNamespace() throws {
    let post = PostRender(payload: try payload(["namespace": "forced", "defaultNamespace": "web"]))
    let map: Value = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "b", "namespace": "own"]]
    #expect(try post.apply([map], isNamespaced: { _, _ in true })[0].at("metadata", "namespace") == "forced")
    let role: Value = ["apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "r"]]
    #expect { try post.apply([map, role], isNamespaced: { _, kind in kind == "ConfigMap" }) } throws: { error in
      "\(error)".hasPrefix(
        "invalid cluster scoped object [name=r kind=ClusterRole apiVersion=rbac.authorization.k8s.io/v1] found")
    }
    let thing: Value = ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "t"]]
    #expect { try post.apply([thing], isNamespaced: { _, _ in nil }) } throws: {
      ($0 as? FleetError)?.code == .unknownKind
    }
    let definition: Value = [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": "things.example.com"],
      "spec": ["group": "example.com", "names": ["kind": "Thing"], "scope": "Namespaced"],
    ]
    let defaulting = PostRender(payload: try payload(["defaultNamespace": "web"]))
    let defined = try defaulting.apply(
      [definition, thing], isNamespaced: { _, kind in kind == "CustomResourceDefinition" ? false : nil })
    #expect(defined[1].at("metadata", "namespace") == "web")
  }

  @Test("set names are those of Fleet")
  func setNames() {
    #expect(
      PostRender.setID(bundle: "app") == "default-app"
        && PostRender.setID(bundle: "app", agentScope: "s") == "default-app-s")
    #expect(PostRender.setID(bundle: "fleet-agent-c1") == "fleet-agent-bootstrap")
    #expect(PostRender.setID(bundle: "fleet-agent-c1", agentScope: "s") == "fleet-agent-bootstrap-s")
  }
}
