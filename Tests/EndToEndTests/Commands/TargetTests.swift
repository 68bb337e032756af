import Document
import Foundation
import Testing

@Suite("flotilla target, deploy and test", .timeLimit(.minutes(5)))
struct TargetTests {
  private static let clusters = """
    apiVersion: v1
    kind: List
    items:
    - apiVersion: fleet.cattle.io/v1alpha1
      kind: Cluster
      metadata: {name: prod, namespace: fleet-default, labels: {env: prod, type: edge}}
      spec: {templateValues: {zone: eu}}
    - apiVersion: fleet.cattle.io/v1alpha1
      kind: Cluster
      metadata: {name: dev, namespace: fleet-default, labels: {env: dev}}
    - apiVersion: fleet.cattle.io/v1alpha1
      kind: Cluster
      metadata: {name: lone, namespace: fleet-default}
    - apiVersion: fleet.cattle.io/v1alpha1
      kind: Cluster
      metadata: {name: far, namespace: partner, labels: {env: prod}}
    - apiVersion: fleet.cattle.io/v1alpha1
      kind: ClusterGroup
      metadata: {name: live, namespace: fleet-default}
      spec: {selector: {matchLabels: {env: prod}}}
    """

  private static let files = [
    "clusters.yaml": clusters,
    "app/fleet.yaml": """
    defaultNamespace: shop
    labels: {share: "yes"}
    helm:
      chart: chart
      values: {size: 1, env: "${ .ClusterLabels.env }"}
    targetCustomizations:
    - name: edge
      clusterSelector: {matchLabels: {type: edge}}
      helm: {values: {size: 9, zone: "${ .ClusterValues.zone | upper }"}}
    """,
    "app/chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "app/chart/templates/map.yaml": """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web}
    data: {size: "{{ .Values.size }}", env: "{{ .Values.env }}", version: "{{ .Capabilities.KubeVersion.Version }}"}
    """,
    "app/chart/templates/hook.yaml": """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: before, annotations: {helm.sh/hook: pre-install}}
    """,
    "targets.yaml": """
    targets: [{name: live, clusterGroup: live}, {name: dev, clusterSelector: {matchLabels: {env: dev}}}]
    targetRestrictions: [{name: live, clusterGroup: live}, {name: dev, clusterSelector: {matchLabels: {env: dev}}}]
    """,
  ]

  private static func bundle(_ workspace: Workspace, _ path: String = "app") async throws -> String {
    try await workspace.checked(
      "apply", "r", path, "-n", "fleet-default", "--targets-file", "targets.yaml", "--commit", "", "-o", "-")
  }

  @Test("target says which clusters match and by what, and why not, from manifests alone")
  func explains() async throws {
    try await Workspace.with(Self.files) { workspace in
      let bundle = try await Self.bundle(workspace)
      let text = try await workspace.checked("target", "-b", "-", "--clusters", "clusters.yaml", input: bundle)
      #expect(
        text == """
          Bundle fleet-default/r-app
          CLUSTER             MATCH  WHY
          fleet-default/dev   yes    target dev
          fleet-default/lone  no     live: not in the group live
                                     dev: wants env=dev, has no such label
          fleet-default/prod  yes    target live, customised by edge
          2 of 3 clusters match

          """)
      let shown = try await workspace.checked(
        "target", "-b", "-", "--clusters", "clusters.yaml", "--values", "--cluster", "prod", input: bundle)
      #expect(shown.contains("        size: 9\n") && shown.contains("        zone: EU\n"), "\(shown)")

      try workspace.write([
        "mapping.yaml": """
        apiVersion: fleet.cattle.io/v1alpha1
        kind: BundleNamespaceMapping
        metadata: {name: partner, namespace: fleet-default}
        bundleSelector: {matchLabels: {share: "yes"}}
        namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: partner}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: partner}}
        """
      ])
      let mapped = try await workspace.checked(
        "target", "-b", "-", "--clusters", "clusters.yaml", "--clusters", "mapping.yaml", input: bundle)
      #expect(mapped.contains("partner/far         no     live: not in the group live"), "\(mapped)")
    }
  }

  @Test(
    "a cluster whose values cannot be made is told with its error, the others are not affected, and the status is 1")
  func templateError() async throws {
    var files = Self.files
    files["clusters.yaml"]? +=
      "\n---\n" + """
        apiVersion: fleet.cattle.io/v1alpha1
        kind: Cluster
        metadata: {name: zoneless, namespace: fleet-default, labels: {env: dev, type: edge}}
        """
    try await Workspace.with(files) { workspace in
      let bundle = try await Self.bundle(workspace)
      let table = try await workspace.flotilla(
        ["target", "-b", "-", "--clusters", "clusters.yaml"], input: bundle)
      #expect(table.status == 1)
      #expect(table.output.contains("fleet-default/zoneless  error  target dev, customised by edge"), "\(table.output)")
      #expect(table.output.contains("zone"))
      #expect(table.output.contains("2 of 4 clusters match, 1 fails"))
      let objects = try await workspace.flotilla(
        ["target", "-b", "-", "--clusters", "clusters.yaml", "-o", "json", "-l"], input: bundle)
      #expect(objects.status == 1 && objects.errors.contains("targeting error: cluster zoneless"))
      #expect(objects.errors.contains("kind: ClusterGroup"), "-l prints what was looked at")
      let list = try JSON.parse(objects.output)
      #expect(list["items"]?.array?.map { $0["kind"]?.string } == ["Content", "BundleDeployment", "BundleDeployment"])
    }
  }

  @Test("deploy --dry-run renders what target printed for one cluster: values, labels, namespaces, hooks, in any order")
  func dryRun() async throws {
    try await Workspace.with(Self.files) { workspace in
      let bundle = try await Self.bundle(workspace)
      let printed = try await workspace.checked(
        "target", "-b", "-", "--clusters", "clusters.yaml", "-o", "yaml", input: bundle)
      let reversed = YAML.emit(try YAML.parse(printed).reversed())
      let ambiguous = try await workspace.flotilla(["deploy", "-d", "-i", "-"], input: reversed)
      #expect(ambiguous.status == 1 && ambiguous.errors.contains("fleet-default/dev"), "\(ambiguous.errors)")

      let list = try await workspace.objects(
        "deploy", "--dry-run", "-i", "-", "--cluster", "fleet-default/prod", "--kube-version", "v1.31.4",
        input: reversed)
      #expect(list.count == 1, "a YAML list")
      let objects = try #require(list.first?.array)
      #expect(objects.map { $0["kind"]?.string } == ["ConfigMap", "Job"])
      #expect(objects.first?["data"] == ["size": "9", "env": "prod", "version": "v1.31.4"])
      for object in objects {
        #expect(object.at("metadata", "namespace") == "shop")
        #expect(object.at("metadata", "annotations", "objectset.rio.cattle.io/id") == "default-r-app")
      }
      let stream = try await workspace.objects(
        "deploy", "-d", "-i", "-", "--cluster", "dev", "-o", "stream", input: reversed)
      #expect(stream.map { $0["kind"]?.string } == ["ConfigMap", "Job"])
      #expect(stream.first?["data"] == ["size": "1", "env": "dev", "version": "v1.25.0"])

      let parts = try YAML.parse(printed)
      let noContent = try await workspace.flotilla(["deploy", "-d", "-i", "-"], input: YAML.emit(parts[1]))
      #expect(noContent.status == 1 && noContent.errors.contains("failed to read content resource from file"))
      let noDeployment = try await workspace.flotilla(["deploy", "-d", "-i", "-"], input: YAML.emit(parts[0]))
      #expect(
        noDeployment.status == 1
          && noDeployment.errors.contains("failed to read bundledeployment resource from file"))
      var tampered = parts[1]
      tampered.set(1234, at: "spec", "options", "helm", "values", "size")
      let warned = try await workspace.flotilla(
        ["deploy", "-d", "-i", "-"], input: YAML.emit([parts[0], tampered]))
      #expect(warned.status == 0 && warned.errors.contains("warning:") && warned.output.contains("1234"))
    }
  }

  @Test("deploy --dry-run builds kustomizations, alone and over a chart, as agents do")
  func kustomize() async throws {
    var files = Self.files
    files["plain/fleet.yaml"] = "kustomize: {dir: overlay}\n"
    files["plain/base/map.yaml"] = Manifests.configMap("map", ["a": "b"])
    files["plain/base/kustomization.yaml"] = "resources: [map.yaml]\n"
    files["plain/overlay/kustomization.yaml"] = "namePrefix: pre-\nresources: [../base]\n"
    files["over/fleet.yaml"] = "helm: {chart: chart, values: {size: 1, env: x}}\nkustomize: {dir: overlay}\n"
    for (path, text) in Self.files where path.hasPrefix("app/chart/") { files["over/" + path.dropFirst(4)] = text }
    files["over/overlay/kustomization.yaml"] = "nameSuffix: -post\n"
    try await Workspace.with(files) { workspace in
      for (path, names) in [("plain", ["pre-map"]), ("over", ["web-post", "before-post"])] {
        let printed = try await workspace.checked(
          "target", "-b", "-", "--clusters", "clusters.yaml", "--cluster", "dev", "-o", "yaml",
          input: try await Self.bundle(workspace, path))
        let objects = try await workspace.objects("deploy", "-d", "-i", "-", "-o", "stream", input: printed)
        #expect(objects.map(\.name) == names)
        #expect(objects.allSatisfy { $0.at("metadata", "labels", "objectset.rio.cattle.io/hash") != nil })
      }
    }
  }

  @Test(
    "deploy --dry-run refuses cluster-scoped objects in a forced namespace, and charts for other Kubernetes versions")
  func dryRunRefusals() async throws {
    var files = Self.files
    files["forced/fleet.yaml"] = "namespace: only\n"
    files["forced/role.yaml"] =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: wide}\n"
    files["old/fleet.yaml"] = "helm: {chart: ''}\n"
    files["old/Chart.yaml"] = "apiVersion: v2\nname: old\nversion: 1.0.0\nkubeVersion: '>=1.30.0'\n"
    files["old/templates/map.yaml"] = Manifests.configMap("old", [:])
    try await Workspace.with(files) { workspace in
      func render(_ path: String, _ version: String) async throws -> (Int32, String) {
        let printed = try await workspace.checked(
          "target", "-b", "-", "--clusters", "clusters.yaml", "--cluster", "dev", "-o", "yaml",
          input: try await Self.bundle(workspace, path))
        let outcome = try await workspace.flotilla(
          ["deploy", "-d", "-i", "-", "--kube-version", version], input: printed)
        return (outcome.status, outcome.errors)
      }
      let forced = try await render("forced", "v1.31.0")
      #expect(forced.0 == 1 && forced.1.contains("invalid cluster scoped object [name=wide"), "\(forced.1)")
      let old = try await render("old", "v1.25.0")
      #expect(old.0 == 1 && old.1.contains("kubeVersion"), "\(old.1)")
      #expect(try await render("old", "v1.31.0").0 == 0)
    }
  }

  @Test("test matches one imagined cluster, prints what it gets, and fails where nothing matches")
  func testVerb() async throws {
    try await Workspace.with(Self.files) { workspace in
      try workspace.write(["bundle.yaml": try await Self.bundle(workspace)])
      let matched = try await workspace.flotilla(
        ["test", "-b", "bundle.yaml", "-g", "live", "-l", "env=prod", "-l", "type=edge", "-t", "edge"])
      #expect(matched.status == 1 && matched.errors.contains("zone"), "the cluster has no templateValues")
      let plain = try await workspace.flotilla(["test", "-b", "bundle.yaml", "-g", "live", "-l", "env=prod"])
      #expect(plain.status == 0 && plain.errors.contains("# Matched: live"), "\(plain.errors)")
      #expect(plain.errors.contains("deprecated"))
      #expect(try YAML.parse(plain.output).first?["data"]?["env"] == "prod")
      let quiet = try await workspace.flotilla(["test", "-b", "bundle.yaml", "-l", "env=dev", "-q"])
      #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.errors.contains("# Matched: dev"))
      let none = try await workspace.flotilla(["test", "-b", "bundle.yaml", "-l", "env=test"])
      #expect(none.status == 1 && none.errors.contains("no match found: live: not in the group live"), "\(none.errors)")
      try workspace.write(["raw/map.yaml": Manifests.configMap("raw", [:])])
      let raw = try await workspace.objects("test", "raw")
      #expect(raw.map(\.name) == ["raw"], "a directory's bundle goes to the group default")
    }
  }
}
