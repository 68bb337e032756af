import Document
import TestSupport
import Testing

@testable import Fleet

/// Trees that only an attacker or an accident makes (notes/reliability.md, tests 22, 23 and 25): each is refused by limit and by
/// name, soon, and leaves the directories beside it alone.
@Suite("Hostile trees")
struct HostileTreeTests {
  private let yaml = TestTrees.configMap

  /// A tree whose files' sizes are whatever they say; contents are made when asked for.
  private struct ClaimingTree: SourceTree {
    let entries: [SourceEntry]
    func contents(of path: String) throws -> [UInt8] { Array("kind: X\napiVersion: v1\n".utf8) }
  }

  private func measured(_ limit: Duration = .seconds(1), _ body: () -> Void) {
    let elapsed = ProcessorTime.measure(body)
    #expect(elapsed < limit, "took \(elapsed)")
  }

  /// Builds a hostile directory beside a good one.
  private func build(_ files: [String: String], links: [String: String] = [:]) -> BuildResult {
    TestTrees.build(
      files.merging(["good/a.yaml": yaml]) { $1 }, links: links, paths: ["bad", "good"])
  }

  private func expectRefused(_ result: BuildResult, _ reasons: String...) {
    #expect(result.shape == ["repo-good": 1], "\(result.shape)")
    for reason in reasons { #expect(result.failureMessage.contains(reason), "\(result.failureMessage.prefix(400))") }
    #expect(!result.mayPrune("repo-bad"))
  }

  @Test(
    "links that leave the bundle are refused wherever they stand: as a file, a directory, fleet.yaml, a values file, a chart",
    arguments: [
      "bad/x.yaml", "bad/dir", "bad/fleet.yaml", "bad/values.yaml", "bad/.fleetignore", "bad/chart", "bad/a/b/c.yaml",
    ])
  func links(place: String) {
    for target in ["../../../etc/passwd", "/etc/passwd", "../../good/a.yaml", "../secret"] {
      var files = [
        "bad/a.yaml": yaml, "secret": "x", "bad/fleet.yaml": "helm: {chart: chart, valuesFiles: [values.yaml]}",
      ]
      files["bad/values.yaml"] = "a: 1"
      files["bad/chart/Chart.yaml"] = "name: c\n"
      files = files.filter { $0.key != place && !$0.key.hasPrefix(place + "/") }
      let result = build(files, links: [place: target])
      #expect(result.shape["repo-bad"] == nil && result.shape["repo-good"] == 1, "\(place) -> \(target)")
      #expect(!result.failureMessage.isEmpty && !result.failureMessage.contains("root:"))
    }
  }

  @Test("links in circles, through directories too, end at once")
  func circles() {
    measured {
      expectRefused(build(["bad/a.yaml": yaml], links: ["bad/x": "y", "bad/y": "x"]), "circle")
      expectRefused(build(["bad/a.yaml": yaml], links: ["bad/x": "y/z", "bad/y": "x/z"]), "circle")
      expectRefused(
        build(["bad/d/a.yaml": yaml, "bad/e/a.yaml": yaml], links: ["bad/d/e": "../e", "bad/e/d": "../d"]), "link")
      var chain: [String: String] = [:]
      for index in 0..<10_000 { chain["bad/l\(index)"] = "l\(index + 1)" }
      expectRefused(build(["bad/a.yaml": yaml], links: chain), "bad/l0")
    }
  }

  @Test("a backslash in a name, and names that differ in case or in Unicode form alone, fail their own bundle")
  func names() {
    expectRefused(build(["bad/a\\..\\b.yaml": yaml]), "bad/a\\..\\b.yaml", "backslash")
    expectRefused(build(["bad/a.yaml": yaml, "bad/A.yaml": yaml]), "upper and lower case")
    expectRefused(build(["bad/x/A/b.yaml": yaml, "bad/x/a/B.yaml": yaml]), "upper and lower case")
    expectRefused(build(["bad/\u{130}.yaml": yaml, "bad/i\u{307}.yaml": yaml]), "upper and lower case")
  }

  @Test("two Unicode forms of one name in one directory are refused by name, files and directories alike")
  func unicodeForms() {
    for path in ["caf\u{E9}.yaml", "caf\u{E9}/a.yaml"] {
      let twin = path.replacing("\u{E9}", with: "e\u{301}")
      let tree = ClaimingTree(entries: [SourceEntry(path: path, size: 9), SourceEntry(path: twin, size: 9)])
      let result = BundleBuilder.build(repository: "repo", tree: tree)
      #expect(result.bundles.isEmpty && result.failureMessage.contains("twice"), "\(result.failureMessage)")
    }
  }

  @Test(
    "names that git itself refuses are refused: empty parts, dots, absolute, a zero byte, a file that is a directory too"
  )
  func paths() {
    for path in [
      "", "/", "/etc/passwd", "..", "../x.yaml", "a/../../x.yaml", "./a.yaml", "a//b.yaml", "a/", "a\u{0}b.yaml",
    ] {
      let tree = ClaimingTree(entries: [SourceEntry(path: "ok.yaml", size: 9), SourceEntry(path: path, size: 9)])
      let result = BundleBuilder.build(repository: "repo", tree: tree)
      #expect(result.bundles.isEmpty && result.failures.first?.error.code == .invalidTree, "\(path)")
    }
    for twins in [["a", "a/b.yaml"], ["a/b.yaml", "a"], ["a.yaml", "a.yaml"]] {
      let tree = ClaimingTree(entries: twins.map { SourceEntry(path: $0, size: 9) })
      #expect(BundleBuilder.build(repository: "repo", tree: tree).failures.first?.error.code == .invalidTree)
    }
  }

  @Test("directories named .git, in any case, and hidden files never come into a bundle")
  func gitDirectories() {
    let result = TestTrees.build([
      "a.yaml": yaml, ".git/config": "x", ".git/fleet.yaml": "", "sub/.git/a.yaml": yaml, "sub/.GIT/a.yaml": yaml,
      "sub/.gitmodules": "x", "sub/b.yaml": yaml,
    ])
    #expect(result.shape == ["repo": 2] && result.bundles.first?.resourceNames == ["a.yaml", "sub/b.yaml"])
  }

  @Test("submodules and Git LFS pointers are kept out or kept as they are, with a warning that names them")
  func pointers() throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n"
    let lfs = TestTrees.build(["a.yaml": yaml, "big.bin": pointer])
    #expect(lfs.bundles.first?.spec.resources.last?.content == pointer)
    #expect(lfs.warnings.map(\.description) == ["big.bin: is a pointer of Git LFS; the file itself is not fetched"])
    let tree = ClaimingTree(entries: [
      SourceEntry(path: "a.yaml", size: 9), SourceEntry(path: "vendor/lib", kind: .submodule, size: 0),
    ])
    let result = BundleBuilder.build(repository: "repo", tree: tree)
    #expect(result.shape == ["repo": 1] && result.warnings.first?.file == "vendor/lib")
  }

  @Test("a hundred thousand files, a file of a gigabyte and a very deep tree are refused by the limit's name, soon")
  func sizes() {
    let good = SourceEntry(path: "good/a.yaml", size: 30)
    func build(_ entries: [SourceEntry]) -> BuildResult {
      BundleBuilder.build(repository: "repo", tree: ClaimingTree(entries: entries + [good]), paths: ["bad", "good"])
    }
    let many = (0..<100_000).map { SourceEntry(path: "bad/f\($0).yaml", size: 10) }
    measured(.seconds(5)) { expectRefused(build(many), "(bundleFiles)") }
    let spread = (0..<100_000).map { SourceEntry(path: "bad/d\($0)/f.yaml", size: 10) }
    measured(.seconds(5)) { expectRefused(build(spread), "(bundle") }
    measured {
      expectRefused(build([SourceEntry(path: "bad/big.yaml", size: 1 << 30)]), "bad/big.yaml", "(bundleBytes)")
      expectRefused(build([SourceEntry(path: "bad/big.yaml", size: Limits.fileBytes + 1)]), "(fileBytes)")
      expectRefused(build([SourceEntry(path: "bad/fleet.yaml", size: 1 << 30)]), "(configurationBytes)")
      expectRefused(
        build(
          (0..<5).map { SourceEntry(path: "bad/f\($0)", size: Limits.fileBytes) } + [
            SourceEntry(path: "bad/a.yaml", size: 1)
          ]),
        "(bundleBytes)")
    }
    measured {
      let deep = String(repeating: "d/", count: 10_000) + "a.yaml"
      #expect(build([SourceEntry(path: deep, size: 1)]).failureMessage.contains("(pathBytes)"))
      let nested = String(repeating: "d/", count: Limits.pathDepth) + "a.yaml"
      #expect(build([SourceEntry(path: nested, size: 1)]).failureMessage.contains("(pathDepth)"))
    }
  }

  @Test("more entries than a tree may have are refused before anything is read")
  func entries() {
    let entry = SourceEntry(path: "a.yaml", size: 1)
    let tree = ClaimingTree(entries: Array(repeating: entry, count: Limits.treeEntries + 1))
    measured { #expect(BundleBuilder.build(repository: "repo", tree: tree).failureMessage.contains("(treeEntries)")) }
  }

  static let documents = pairs.map { NamedText($0.name, $0.text) }

  private static let pairs: [(name: String, text: String)] = [
    (
      "an alias bomb",
      "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + (1...30).map { level in
          "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
        }.joined()
    ),
    (
      "a merge bomb",
      "a: &a {" + (0..<1000).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
        + (0..<5000).map { "m\($0): {<<: *a}\n" }.joined()
    ),
    ("deep flow nesting", String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)),
    ("deep flow nesting without an end", String(repeating: "{a: ", count: 10_000)),
    ("deep block nesting", (0..<700).map { String(repeating: " ", count: $0) + "a:\n" }.joined()),
    ("deep lists", String(repeating: "- ", count: 10_000)),
    ("many documents", String(repeating: "---\n", count: 200_000)),
    ("a number that JSON has not", "defaultNamespace: .nan\n"), ("a tab", "helm:\n\tchart: a\n"),
    ("a tag that does not fit", "paused: !!int x\n"), ("a loop", "a: &a [*a]\n"),
    ("a binary tag", "name: !!binary \"%%\"\n"),
    ("a control character", "name: \u{7}\n"),
    ("an unclosed quote", "name: \"" + String(repeating: "x", count: 100_000)),
    ("complex keys", String(repeating: "? ", count: 10_000)),
    ("unclosed brackets", String(repeating: "[a,", count: 30_000)),
  ]

  @Test(
    "a fleet.yaml or values file that is a bomb, or no YAML, is refused by file within a moment", arguments: documents)
  func bombs(bomb: NamedText) {
    let text = bomb.text
    measured {
      expectRefused(build(["bad/fleet.yaml": text, "bad/a.yaml": yaml]), "bad/fleet.yaml:")
      let values = ["bad/fleet.yaml": "helm: {valuesFiles: [v.yaml]}", "bad/v.yaml": text, "bad/a.yaml": yaml]
      if bomb.name != "a number that JSON has not" { expectRefused(build(values), "bad/v.yaml:") }
    }
  }

  @Test("a byte order mark, a huge scalar and merge keys harm nothing")
  func harmless() {
    let texts = [
      "\u{FEFF}defaultNamespace: web\n",
      "defaultNamespace: web\nannotations: {a: \"\(String(repeating: "x", count: 900_000))\"}\n",
      "x: &x {defaultNamespace: web}\n<<: *x\n", "defaultNamespace: !!str web\r\n",
    ]
    measured {
      for text in texts {
        let result = TestTrees.build(["fleet.yaml": text, "a.yaml": yaml])
        #expect(result.bundles.first?.spec.options.defaultNamespace == "web", "\(result.failureMessage.prefix(400))")
      }
    }
  }

  @Test("a bundle of bombs is planned for a cluster with an error that names the file")
  func manifests() throws {
    for (name, text) in Self.pairs where name != "many documents" {
      let bundle = try #require(TestTrees.build(["sub/a.yaml": text + "\n"]).bundles.first)
      let payload = DeploymentPayload(
        bundle: bundle, manifestID: bundle.manifest.id, deploymentID: "x", options: bundle.spec.options)
      measured {
        #expect { try ReleasePlan(manifest: bundle.manifest, payload: payload) } throws: {
          "\($0)".hasPrefix("sub/a.yaml:")
        }
      }
    }
  }

  @Test("a .fleetignore of a million patterns, a hundred thousand dependencies and paths without end stop at a limit")
  func work() {
    let patterns = (0..<4000).map { String(repeating: "z", count: 200) + "*\($0)\n" }.joined()
    var files = ["bad/.fleetignore": patterns]
    for index in 0..<100 { files["bad/" + String(repeating: "a", count: 200) + "\(index).yaml"] = yaml }
    measured { expectRefused(build(files), "(ignoreWork)") }
    let long = String(repeating: "x", count: Limits.ignoreBytes / 2) + "\n"
    let many = ["bad/.fleetignore": long, "bad/a/.fleetignore": long + "y", "bad/a.yaml": yaml, "bad/a/b.yaml": yaml]
    measured { expectRefused(build(many), "(ignoreBytes)") }
    let dependency = "- {name: c, repository: 'file://../good'}\n"
    let chart = "name: c\nversion: 1.0.0\ndependencies:\n" + String(repeating: dependency, count: 20_000)
    measured(.seconds(5)) { expectRefused(build(["bad/Chart.yaml": chart]), "(chartRequests)") }
    var metadata: [String: String] = ["bad/a.yaml": yaml]
    let padding = "#" + String(repeating: "x", count: 900_000) + "\n"
    for index in 0..<6 { metadata["bad/c\(index)/Chart.yaml"] = padding }
    measured(.seconds(5)) { expectRefused(build(metadata), "(chartMetadataBytes)") }
    let tree = InMemorySourceTree((0..<200).reduce(into: [:]) { $0["d/\($1)/a.yaml"] = yaml })
    let paths = Array(repeating: "d/*", count: 200)
    measured(.seconds(5)) {
      #expect(BundleBuilder.build(repository: "r", tree: tree, paths: paths).bundles.count == 200)
    }
  }

  @Test("patterns that would take for ever elsewhere are matched in time that grows with their length")
  func patterns() {
    let name = String(repeating: "a", count: 200) + "b"
    let pattern = String(repeating: "a*", count: 100) + "c"
    measured {
      let result = TestTrees.build(
        ["bad/\(name).yaml": yaml, "bad/.fleetignore": pattern + "\n"], paths: ["bad", pattern])
      #expect(result.shape == ["repo-bad": 1])
    }
  }
}
