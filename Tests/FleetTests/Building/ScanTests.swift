import Testing

@testable import Fleet

/// Fleet's own fixtures, rebuilt in memory (fleet-behaviour §2.6), and rows C1 to C11 of the checklist.
@Suite("Scanning a repository")
struct ScanTests {
  let yaml = TestTrees.configMap

  @Test("a directory of manifests is one bundle")
  func simple() {
    let result = TestTrees.build(["simple/deployment.yaml": yaml, "simple/svc.yaml": yaml], paths: ["simple"])
    #expect(result.shape == ["repo-simple": 2])
    #expect(result.failures.isEmpty && result.warnings.isEmpty)
  }

  @Test("directories below belong to the bundle, other files too")
  func nestedSimple() {
    let result = TestTrees.build(
      ["n/README.md": "hi", "n/a/deployment.yaml": yaml, "n/b/svc.yaml": yaml], paths: ["n"])
    #expect(result.shape == ["repo-n": 3])
  }

  @Test("nesting does not matter")
  func nestedTwoLevels() {
    #expect(
      TestTrees.build(["n/a/b/deployment.yaml": yaml, "n/a/b/svc.yaml": yaml], paths: ["n"]).shape == ["repo-n": 2])
  }

  @Test("directories with a fleet.yaml are bundles of their own, and a root without YAML of its own is none")
  func nestedMultiple() {
    let files = [
      "n/README.md": "hi", "n/deploymentA/fleet.yaml": "", "n/deploymentA/deployment.yaml": yaml,
      "n/deploymentB/fleet.yaml": "", "n/deploymentB/svc.yaml": yaml, "n/deploymentC/fleet.yaml": "",
      "n/deploymentC/d.yaml": yaml,
    ]
    #expect(
      TestTrees.build(files, paths: ["n"]).shape
        == [
          "repo-n-deploymenta-\(suffix("repo-n-deploymentA"))": 1,
          "repo-n-deploymentb-\(suffix("repo-n-deploymentB"))": 1,
          "repo-n-deploymentc-\(suffix("repo-n-deploymentC"))": 1,
        ])
  }

  private func suffix(_ text: String) -> String { String(Digests.md5Hex(text).prefix(8)) }

  @Test("a root with YAML of its own holds nested bundles' files too")
  func nestedMixed() {
    let files = [
      "n/deployment.yaml": yaml, "n/nested/svc.yaml": yaml, "n/nested/a/fleet.yaml": "", "n/nested/a/d.yaml": yaml,
      "n/nested/b/fleet.yaml": "", "n/nested/b/d.yaml": yaml,
    ]
    let result = TestTrees.build(files, paths: ["n"])
    #expect(result.shape == ["repo-n": 6, "repo-n-nested-a": 1, "repo-n-nested-b": 1])
    #expect(result.bundle("repo-n")?.resourceNames.contains("nested/a/fleet.yaml") == true)
  }

  @Test("fleet.yml stands in for fleet.yaml, and the file that is used is no resource")
  func alternativeName() {
    let result = TestTrees.build(["fleet.yml": "defaultNamespace: web\n", "a.yaml": yaml])
    #expect(result.bundle("repo")?.spec.options.defaultNamespace == "web")
    #expect(result.bundle("repo")?.resourceNames == ["a.yaml"])
    let both = TestTrees.build([
      "fleet.yaml": "defaultNamespace: one\n", "fleet.yml": "defaultNamespace: two\n", "a.yaml": yaml,
    ])
    #expect(both.bundle("repo")?.spec.options.defaultNamespace == "one")
  }

  @Test("paths are globs of directories, with or without a slash in front")
  func globs() {
    let files = ["apps/a/x.yaml": yaml, "apps/b/x.yaml": yaml, "apps/file.yaml": yaml, "other/x.yaml": yaml]
    #expect(TestTrees.build(files, paths: ["/apps/*"]).shape == ["repo-apps-a": 1, "repo-apps-b": 1])
    #expect(TestTrees.build(files, paths: ["apps/[b-z]", "apps/*"]).shape == ["repo-apps-a": 1, "repo-apps-b": 1])
    #expect(TestTrees.build(files).shape == ["repo": 4])
  }

  @Test("a repository with nothing to deploy says so, and paths that name nothing are warnings")
  func empty() {
    let result = TestTrees.build(["README.md": "hi"], paths: ["a", "b"])
    #expect(result.failureMessage.contains("no resource found at the following paths to deploy: [a b]"))
    #expect(result.warnings.map(\.path) == ["a", "b"])
    #expect(result.mayPrune("repo-a"))
    #expect(TestTrees.build(["app/fleet.yaml": ""], paths: ["app"]).bundles.isEmpty)
  }

  @Test("a path that leaves the repository, or is no pattern, fails alone")
  func badPaths() {
    let result = TestTrees.build(["a/x.yaml": yaml], paths: ["../etc", "a", "[", "a/../a"])
    #expect(result.shape == ["repo-a": 1])
    #expect(result.failures.map(\.path) == ["../etc", "[", "a/../a"])
    #expect(result.failureMessage.contains("must not contain \"..\""))
  }

  @Test("hidden files and what .fleetignore names stay out, each rule below its own directory")
  func ignored() {
    let files = [
      "a.yaml": yaml, ".hidden.yaml": yaml, ".github/w.yaml": yaml, "docs/d.yaml": yaml, "keep/docs/e.yaml": yaml,
      "x/skip.yaml": yaml, "x/kept.yaml": yaml, "y/skip.yaml": yaml, "tests": "file", "z/t.md": "text",
      "z/deep/t.md": "text",
      ".fleetignore": "# comment\r\n\r\ndocs/*\r\n*.md   \r\n", "x/.fleetignore": "skip.yaml\n", "tests2/t.yaml": yaml,
    ]
    #expect(
      TestTrees.build(files).bundle("repo")?.resourceNames
        == ["a.yaml", "tests", "tests2/t.yaml", "x/kept.yaml", "y/skip.yaml"])
  }

  @Test("a pattern in .fleetignore that is none is an error with file and line")
  func badIgnore() {
    let result = TestTrees.build(["app/a.yaml": yaml, "app/.fleetignore": "ok\n[\n"], paths: ["app"])
    #expect(result.failureMessage.hasPrefix("app/.fleetignore:2: "))
  }

  @Test("links inside the bundle are followed")
  func links() throws {
    let result = TestTrees.build(
      ["app/base/a.yaml": yaml, "app/base/sub/b.yaml": yaml],
      links: ["app/link.yaml": "base/a.yaml", "app/dir": "./base/../base/sub", "app/chain.yaml": "link.yaml"],
      paths: ["app"])
    let bundle = try #require(result.bundle("repo-app"))
    #expect(bundle.resourceNames == ["base/a.yaml", "base/sub/b.yaml", "chain.yaml", "dir/b.yaml", "link.yaml"])
    #expect(bundle.spec.resources.allSatisfy { $0.content == yaml })
  }

  @Test("links that multiply directories stop at a limit")
  func linkBomb() {
    var links: [String: String] = [:]
    for level in 0..<30 {
      links["app/d\(level)/l"] = "../d\(level + 1)"
      links["app/d\(level)/r"] = "../d\(level + 1)"
    }
    let result = TestTrees.build(["app/a.yaml": yaml, "app/d30/a.yaml": yaml], links: links, paths: ["app"])
    #expect(result.failures.first?.error.code == .limitExceeded)
  }

  @Test("a path may be a link to a directory of the repository")
  func linkedPath() {
    let files = ["real/fleet.yaml": "defaultNamespace: web\n", "real/a.yaml": yaml]
    let result = TestTrees.build(files, links: ["current": "real"], paths: ["current", "real"])
    #expect(result.shape == ["repo-real": 1] && result.failures.isEmpty)
  }

  @Test(
    "links that leave the bundle, lead nowhere or run in circles are refused by name",
    arguments: [
      ("../other/a.yaml", "leads to other/a.yaml, outside the bundle's directory app"),
      ("/etc/passwd", "absolute path"),
      ("../../../etc/passwd", "leads out of the repository"), ("missing", "to nothing"), ("link", "circle"),
      (".", "contains it"),
      ("../app", "contains it"),
    ])
  func badLinks(target: String, reason: String) {
    let result = TestTrees.build(
      ["app/a.yaml": yaml, "other/a.yaml": yaml, "fine/a.yaml": yaml], links: ["app/link": target],
      paths: ["app", "fine"])
    #expect(result.shape == ["repo-fine": 1])
    #expect(result.failureMessage.contains(reason), "\(result.failureMessage)")
    #expect(result.failureMessage.contains("app/link"))
    #expect(!result.mayPrune("repo-app") && !result.mayPrune("repo-fine") && result.mayPrune("repo-gone"))
  }

  @Test(
    "paths that only an attacker writes are refused",
    arguments: ["../a.yaml", "/a.yaml", "a//b.yaml", "a/./b.yaml", "a/../b.yaml", "a/"])
  func hostilePaths(path: String) {
    let result = TestTrees.build(["ok.yaml": yaml, path: yaml])
    #expect(result.bundles.isEmpty)
    #expect(result.failures.first?.error.code == .invalidTree)
  }

  @Test("names that differ only in case are refused, naming both")
  func caseTwins() {
    let result = TestTrees.build(["app/a.yaml": yaml, "app/A.yaml": yaml], paths: ["app"])
    #expect(result.failureMessage.contains("app/a.yaml") && result.failureMessage.contains("app/A.yaml"))
  }

  @Test("deep nesting, long paths and large files are refused by limit")
  func limits() {
    let deep = String(repeating: "d/", count: Limits.pathDepth) + "a.yaml"
    let long = String(repeating: "x", count: Limits.pathBytes) + ".yaml"
    for path in [deep, long] { #expect(TestTrees.build([path: yaml]).failures.first?.error.code == .limitExceeded) }
    let large = BundleBuilder.build(
      repository: "repo",
      tree: InMemorySourceTree(files: ["big.yaml": [UInt8](repeating: 0x61, count: Limits.fileBytes + 1)]))
    #expect(large.failureMessage.contains("big.yaml") && large.failures.first?.error.code == .limitExceeded)
    let many = Dictionary(uniqueKeysWithValues: (0...Limits.bundleFiles).map { ("f\($0).yaml", "") })
    #expect(TestTrees.build(many).failures.first?.error.code == .limitExceeded)
  }

  @Test("binary files are compressed, and a large bundle is compressed as a whole")
  func encoding() throws {
    let binary = BundleBuilder.build(
      repository: "repo",
      tree: InMemorySourceTree(files: ["a.yaml": Array(yaml.utf8), "logo.png": [0x89, 0x50, 0xFF]]))
    #expect(binary.bundles.first?.spec.resources.map(\.encoding) == ["", "base64+gz"])
    let large = TestTrees.build(["a.yaml": String(repeating: "# comment\n", count: 100_000), "b.yaml": yaml])
    let bundle = try #require(large.bundles.first)
    #expect(bundle.spec.resources.allSatisfy { $0.encoding == "base64+gz" })
    #expect(try bundle.spec.resources[1].bytes() == Array(yaml.utf8))
  }

  @Test("a user-driven scan makes one bundle per entry, however they are nested")
  func driven() {
    var options = BuildOptions()
    options.drivenBundles = [
      .init(base: "app", options: "dev.yaml"), .init(base: "app", options: "prod.yaml"), .init(base: "app/nested"),
      .init(base: "missing"), .init(base: "app", options: "none.yaml"),
    ]
    let files = [
      "app/dev.yaml": "defaultNamespace: dev\n", "app/prod.yaml": "defaultNamespace: prod\n", "app/a.yaml": yaml,
      "app/nested/fleet.yaml": "defaultNamespace: nested\n", "app/nested/b.yaml": yaml,
    ]
    let result = TestTrees.build(files, options: options)
    #expect(Set(result.shape.keys) == ["repo-app-dev", "repo-app-prod", "repo-app-nested"])
    #expect(result.bundle("repo-app-dev")?.spec.options.defaultNamespace == "dev")
    #expect(result.bundle("repo-app-nested")?.resourceNames == ["b.yaml"])
    // A bundle's name may stand in the file that is missing, so nothing may be pruned.
    #expect(result.failures.map(\.bundleName) == ["repo-missing", nil])
  }

  @Test("two directories that make the same bundle are told apart by name")
  func duplicates() {
    let files = ["a/fleet.yaml": "name: same\n", "a/x.yaml": yaml, "b/fleet.yaml": "name: same\n", "b/x.yaml": yaml]
    let result = TestTrees.build(files)
    #expect(result.shape == ["same": 1])
    #expect(result.failureMessage.contains("a and b both make the bundle same"))
  }

  @Test("one bad directory leaves the others alone, and keeps its own bundle from being pruned")
  func isolation() {
    let files = ["good/a.yaml": yaml, "bad/fleet.yaml": "helm: [", "bad/a.yaml": yaml]
    let result = TestTrees.build(files, paths: ["good", "bad"])
    #expect(result.shape == ["repo-good": 1])
    #expect(result.failures.first?.bundleName == nil)
    #expect(!result.mayPrune("repo-bad") && !result.mayPrune("anything"))
    let named = TestTrees.build(
      ["good/a.yaml": yaml, "bad/fleet.yaml": "helm: {valuesFiles: [none.yaml]}", "bad/a.yaml": yaml], paths: ["*"])
    #expect(named.failures.first?.bundleName == "repo-bad")
    #expect(!named.mayPrune("repo-bad") && named.mayPrune("repo-gone"))
  }

  @Test("the same tree gives the same bundles, whatever the order of its entries")
  func determinism() {
    var files: [String: String] = [:]
    for index in 0..<50 { files["d\(index)/fleet.yaml"] = "labels: {n: \"\(index)\"}\n" }
    for index in 0..<200 { files["d\(index % 50)/f\(index).yaml"] = yaml }
    let one = TestTrees.build(files)
    let two = TestTrees.build(files)
    #expect(one.bundles == two.bundles && one.bundles.count == 50)
    #expect(one.bundles.map(\.manifest.id) == two.bundles.map(\.manifest.id))
  }
}
