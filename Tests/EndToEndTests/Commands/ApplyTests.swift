import Document
import Foundation
import Testing

@Suite("flotilla apply", .timeLimit(.minutes(5)))
struct ApplyTests {
  @Test("apply -o - prints a directory's Bundle whole, values inline, without any kubeconfig")
  func printsBundle() async throws {
    let files = [
      "app/fleet.yaml": """
      defaultNamespace: shop
      labels: {team: blue}
      helm:
        chart: chart
        valuesFiles: [more.yaml]
        values: {replicas: 1, image: {tag: v1}}
      targetCustomizations:
      - name: prod
        clusterSelector: {matchLabels: {env: prod}}
        helm: {values: {replicas: 3}}
      """,
      "app/more.yaml": "image: {tag: v2}\n",
      "app/chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
      "app/chart/templates/map.yaml": "kind: ConfigMap\n",
      "app/.hidden.yaml": "kind: Secret\n",
    ]
    try await Workspace.with(files) { workspace in
      let text = try await workspace.checked("apply", "shop", "app", "--commit", "c0ffee", "-o", "-")
      #expect(
        text == """
          apiVersion: fleet.cattle.io/v1alpha1
          kind: Bundle
          metadata:
            labels:
              fleet.cattle.io/commit: c0ffee
              fleet.cattle.io/repo-name: shop
              team: blue
            name: shop-app
            namespace: fleet-local
          spec:
            defaultNamespace: shop
            helm:
              chart: chart
              values:
                image:
                  tag: v2
                replicas: 1
              valuesFiles:
              - more.yaml
            resources:
            - content: |
                apiVersion: v2
                name: web
                version: 1.0.0
              name: chart/Chart.yaml
            - content: |
                kind: ConfigMap
              name: chart/templates/map.yaml
            targetCustomizationMode: FirstMatch
            targets:
            - clusterSelector:
                matchLabels:
                  env: prod
              helm:
                chart: chart
                values:
                  replicas: 3
              name: prod

          """)
      let again = try await workspace.checked("apply", "shop", "app", "--commit", "c0ffee", "-o", "-")
      #expect(again == text, "the same directory gives the same bytes")
      _ = try await workspace.checked("apply", "shop", "app", "--commit", "c0ffee", "-o", "out.yaml")
      #expect(try workspace.text("out.yaml") == text)
    }
  }

  @Test("options reach every bundle as a GitRepo's fields would, and directories become bundles by Fleet's rules")
  func options() async throws {
    let files = [
      "a/fleet.yaml": "namespace: own\n", "a/map.yaml": Manifests.configMap("a", [:]),
      "a/b/fleet.yaml": "", "a/b/map.yaml": Manifests.configMap("b", [:]), "c/map.yaml": Manifests.configMap("c", [:]),
      "c/prod.yaml": "defaultNamespace: prod\n", "notes/README": "no bundle",
      "targets.yaml": """
      targets:
      - {name: all, clusterSelector: {}, defaultNamespace: everywhere}
      targetRestrictions:
      - {name: only, clusterGroup: edge}
      """,
    ]
    try await Workspace.with(files) { workspace in
      let bundles = try await workspace.objects(
        "apply", "r", "a", "c", "notes", "-n", "fleet-default", "-l", "team=blue", "--targets-file", "targets.yaml",
        "--target-namespace", "forced", "--paused", "--keep-resources", "--delete-namespace", "-a", "deployer",
        "--sync-generation", "7", "--correct-drift", "--correct-drift-force", "-c", "-o", "-")
      #expect(bundles.map(\.name) == ["r-a", "r-a-b", "r-c"])
      for bundle in bundles {
        let spec = try #require(bundle["spec"])
        #expect(bundle.at("metadata", "namespace") == "fleet-default")
        #expect(bundle.at("metadata", "labels", "team") == "blue")
        #expect(spec["namespace"] == "forced" && spec["paused"] == true && spec["keepResources"] == true)
        #expect(spec["deleteNamespace"] == true && spec["serviceAccount"] == "deployer")
        #expect(spec["forceSyncGeneration"] == 7 && spec["correctDrift"] == ["enabled": true, "force": true])
        #expect(
          spec["targets"]
            == [["name": "all", "clusterSelector": [:], "defaultNamespace": "everywhere", "namespace": "forced"]])
        #expect(spec["targetRestrictions"] == [["name": "only", "clusterGroup": "edge"]])
        #expect(spec["resources"]?.array?.allSatisfy { $0["encoding"] == "base64+gz" } == true)
      }
      let driven = try await workspace.objects("apply", "r", "--driven-scan", "c:prod.yaml", "c", "-o", "-")
      #expect(driven.map(\.name) == ["r-c", "r-c-prod"])
      #expect(driven.last?.at("spec", "defaultNamespace") == "prod")
      let elsewhere = try await workspace.objects(
        "apply", "r", "-C", "..", workspace.path + "/c", "-o", "-", in: "a")
      #expect(elsewhere.map(\.name) == ["r-c"], "an absolute path below the root is meant from there")
      let raw = try await workspace.checked("apply", "r", "c", "-o", "-")
      let taken = try await workspace.objects("apply", "other", "-b", "-", "-l", "x=y", "-o", "-", input: raw)
      #expect(taken.map(\.name) == ["r-c"] && taken[0].at("metadata", "labels", "x") == "y")
    }
  }

  @Test("the commit label is the working directory's HEAD, also with packed references, in a worktree and detached")
  func commitLabel() async throws {
    try await Workspace.with(["repo/app/map.yaml": Manifests.configMap("a", [:])]) { workspace in
      func label(in directory: String, _ environment: [String: String] = [:]) async throws -> String? {
        let outcome = try await workspace.flotilla(
          ["apply", "r", "-o", "-"], in: directory, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try YAML.parse(outcome.output).first?.at("metadata", "labels", "fleet.cattle.io/commit")?.string
      }
      #expect(try await label(in: "repo/app") == nil, "no repository, no label")
      try await workspace.git("init", "--quiet", in: "repo")
      #expect(try await label(in: "repo/app") == nil, "no commit yet")
      try await workspace.git("add", "--all", in: "repo")
      try await workspace.git("commit", "--quiet", "-m", "one", in: "repo")
      let first = try await workspace.git("rev-parse", "HEAD", in: "repo")
      #expect(try await label(in: "repo/app") == first)
      try await workspace.git("pack-refs", "--all", in: "repo")
      #expect(try await label(in: "repo/app") == first)
      try await workspace.git("worktree", "add", "--quiet", "../tree", "-b", "side", in: "repo")
      try await workspace.git("commit", "--quiet", "--allow-empty", "-m", "two", in: "tree")
      let second = try await workspace.git("rev-parse", "HEAD", in: "tree")
      #expect(try await label(in: "tree/app") == second)
      try await workspace.git("checkout", "--quiet", "--detach", first, in: "tree")
      #expect(try await label(in: "tree/app") == first)
      #expect(try await label(in: "repo/app", ["COMMIT": "from-ci"]) == "from-ci")
    }
  }

  @Test("unknown keys are warned of with file, line and what may have been meant; standard output stays clean")
  func warnings() async throws {
    let files = ["app/fleet.yaml": "\ndefaultNamspace: x\n", "app/map.yaml": Manifests.configMap("a", [:])]
    try await Workspace.with(files) { workspace in
      let outcome = try await workspace.flotilla(["apply", "r", "app", "-o", "-"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("warning: app/fleet.yaml:2: "), "\(outcome.errors)")
      #expect(outcome.errors.contains("defaultNamespace"))
      #expect(try YAML.parse(outcome.output).count == 1)
      #expect(!outcome.errors.contains("\u{1B}"), "no colour and no progress but at a terminal")
    }
  }

  @Test("a hostile directory fails by name, nothing outside of it is read, and every failing directory is told")
  func hostileDirectory() async throws {
    let map = Manifests.configMap("a", [:])
    let files = [
      "outside/secret.yaml": "canary: 4711\n", "root/out/fleet.yaml": "", "root/absolute/fleet.yaml": "",
      "root/up/fleet.yaml": "", "root/pipe/fleet.yaml": "", "root/twins/fleet.yaml": "", "root/twins/a.yaml": map,
      "root/twins/A.yaml": map, "root/good/map.yaml": map, "root/good/fleet.yaml": "", "root/values/map.yaml": map,
      "root/values/fleet.yaml": "helm: {chart: x, valuesFiles: [../../outside/secret.yaml]}\n",
      "root/inside/fleet.yaml": "", "root/inside/real.yaml": map,
    ]
    try await Workspace.with(files) { workspace in
      let root = workspace.path + "/root"
      let links = [
        "out/link.yaml": "../../outside/secret.yaml", "absolute/link.yaml": workspace.path + "/outside/secret.yaml",
        "up/link": "..", "inside/link.yaml": "real.yaml",
      ]
      for (link, target) in links {
        try FileManager.default.createSymbolicLink(atPath: root + "/" + link, withDestinationPath: target)
      }
      try await command(["mkfifo", root + "/pipe/pipe.yaml"]).checked()
      let outcome = try await workspace.flotilla(["apply", "r", "-o", "-"], in: "root")
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty, "nothing is printed where some directory fails")
      for name in ["out/link.yaml", "absolute/link.yaml", "up/link", "pipe/pipe.yaml", "twins/", "secret.yaml"] {
        #expect(outcome.errors.contains(name), "\(name) in: \(outcome.errors)")
      }
      #expect(!outcome.errors.contains("4711"))
      #expect(!outcome.errors.contains("inside/"))

      let good = try await workspace.objects("apply", "r", "good", "inside", "-o", "-", in: "root")
      #expect(good.map(\.name) == ["r-good", "r-inside"], "the others are not affected")
      #expect(good.last?.at("spec", "resources")?.array?.map { $0["name"]?.string } == ["link.yaml", "real.yaml"])
      try workspace.write(["root/deep" + String(repeating: "/d", count: 120) + "/fleet.yaml": ""])
      let deep = try await workspace.flotilla(["apply", "r", "good", "deep", "-o", "-"], in: "root")
      #expect(deep.status == 1 && deep.errors.contains("pathDepth"), "a directory that is not read is no empty one")
      try workspace.remove("root/deep")
      for path in ["../outside", "nowhere"] {
        let refused = try await workspace.flotilla(["apply", "r", path, "-o", "-"], in: "root")
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains(path))
      }
    }
  }

  @Test("misuse ends with status 64 and says what was meant")
  func usage() async throws {
    try await Workspace.with { workspace in
      for (arguments, part) in [
        (["apply"], "name"), (["apply", "r", "-l", "x"], "KEY=VALUE"),
        (["apply", "r", "--correct-drift-force"], "--correct-drift"),
        (["apply", "r", "-b", "x", "--paused"], "--paused"), (["apply", "r", "-b", "missing.yaml"], "missing.yaml"),
        (["bundlediff", "--fleet-yaml"], "--bundle-deployment"), (["target", "-b", "missing.yaml"], "missing.yaml"),
        (["deploy", "-i", "x", "-o", "json"], "--dry-run"), (["target", "-b", "x", "-o", "toml"], "yaml"),
      ] {
        let outcome = try await workspace.flotilla(arguments)
        #expect(outcome.status == 64, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(part), "\(arguments): \(outcome.errors)")
      }
      try workspace.write(["app/map.yaml": Manifests.configMap("a", [:])])
      let outcome = try await workspace.flotilla(["apply", "r"])
      #expect(outcome.status == 64 && outcome.errors.contains("--kubeconfig"))
    }
  }
}
