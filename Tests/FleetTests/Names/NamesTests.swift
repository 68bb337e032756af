import Testing

@testable import Fleet

@Suite("Names")
struct NamesTests {
  @Test(
    "a release name is what Fleet makes of the same text",
    arguments: [
      ("long-name-test-shortpath-with@char", "long-name-test-shortpath-with-char-031bab5e"),
      ("bundle.name.example.com", "bundle-name-example-com-645ef821"),
      ("long-name-test-0.App_ ", "long-name-test-0-app-5bf6b3fb"),
      (
        "12345678901234567890123456789012345678901234567890123", "12345678901234567890123456789012345678901234567890123"
      ),
      (
        "12345678901234567890123456789012345678901234567890123a",
        "12345678901234567890123456789012345678901234567-fdba4"
      ),
      ("simple-namespace/namespace", "simple-namespace-namespace"),
      ("a//b", "a-b"), ("-a-", "a"),
    ])
  func releaseName(text: String, name: String) {
    #expect(Names.helmReleaseName(text) == name)
  }

  @Test("texts with nothing to keep become the digits of their hash")
  func releaseNameFromNothing() {
    #expect(Names.helmReleaseName("---").count == 24)
    let name = Names.helmReleaseName("\u{1F600}")
    #expect(Names.isValidReleaseName(name))
    #expect(Names.helmReleaseName("A") != Names.helmReleaseName("a"))
  }

  @Test(
    "a bundle is named after its repository and path",
    arguments: [
      ("simple-namespace", "namespace", nil as String?, "simple-namespace-namespace"), ("repo", ".", nil, "repo"),
      ("repo", "/a/./b/", nil, "repo-a-b"), ("repo", "app", "dev.yaml", "repo-app-dev"),
      ("repo", ".", "sub/prod.fleet.yaml", "repo-sub-prod-fleet-3c5a5a6d"),
    ])
  func bundleName(repository: String, path: String, options: String?, name: String) {
    let made = Names.bundle(repository: repository, path: path, options: options)
    if name.hasPrefix("repo-sub") {
      #expect(made.hasPrefix("repo-sub-prod-fleet-") && made.count == "repo-sub-prod-fleet-".count + 8)
    } else {
      #expect(made == name)
    }
  }

  @Test(
    "a limited name keeps its head and ends in five digits of its hash",
    arguments: [
      ("12345678", 7, "1-25d55"), ("123456789", 8, "12-25f9e"), ("1-3456789", 8, "1-9b657"),
      ("12345678", 8, "12345678"),
      ("12345678", 6, "123456"), ("12345678", 0, ""),
    ])
  func limit(name: String, count: Int, limited: String) {
    #expect(Names.limit(name, to: count) == limited)
  }

  @Test("a joined name stays below 64 characters")
  func safeConcat() {
    #expect(Names.safeConcat(String(repeating: "a", count: 64)) == String(repeating: "a", count: 57) + "-ffe05")
    #expect(Names.safeConcat("cluster", "a", "b") == "cluster-a-b")
    let dashAt56 = String(repeating: "a", count: 56) + "-" + String(repeating: "b", count: 10)
    let name = Names.safeConcat(dashAt56)
    #expect(name.hasPrefix(String(repeating: "a", count: 56) + "-") && name.count == 63)
  }

  @Test("the local cluster has the namespace that Fleet gives it")
  func clusterNamespace() {
    #expect(Names.keyHash("fleet-local::local") == "1a3d67d0a899")
    #expect(
      Names.clusterNamespace(registrationNamespace: "fleet-local", cluster: "local")
        == "cluster-fleet-local-local-1a3d67d0a899")
  }

  @Test("a registered cluster is cluster- and twelve hexadecimal digits")
  func registeredCluster() {
    let name = Names.registeredCluster(clientID: "6d0b2f1e-uid")
    #expect(name.hasPrefix("cluster-") && name.count == 20)
    #expect(name == Names.registeredCluster(clientID: "6d0b2f1e-uid"))
  }

  @Test(
    "any text becomes a label value that Kubernetes takes",
    arguments: [
      ("refs/heads/main", "refs-heads-main"), ("--a--", "a"), ("", ""), ("###", ""), ("a_b.c", "a_b.c"),
    ])
  func labelValue(text: String, value: String) {
    #expect(Names.labelValue(text) == value)
    #expect(Names.labelValue(String(repeating: "x", count: 62) + "-y").count == 62)
  }

  @Test("patterns match as shell patterns do, one path element at a time")
  func globs() throws {
    let matching = [
      ("*.yaml", "a.yaml"), ("a?c", "abc"), ("[a-c]x", "bx"), ("[^a]x", "bx"), ("*a*b", "xxaxxb"), ("\\*", "*"),
      ("*", ".hidden"),
    ]
    for (pattern, name) in matching { #expect(try #require(Glob(pattern)).matches(name), "\(pattern) \(name)") }
    let different = [
      ("*.yaml", "a.yml"), ("a?c", "ac"), ("[a-c]x", "dx"), ("[^a]x", "ax"), ("*a*b", "xxbxxa"), ("*", "a/b"),
      ("?", "/"),
    ]
    for (pattern, name) in different { #expect(!(try #require(Glob(pattern)).matches(name)), "\(pattern) \(name)") }
    for pattern in ["[", "[a", "[]", "[b-a]", "\\"] { #expect(Glob(pattern) == nil, "\(pattern)") }
  }

  @Test("a pattern of many stars takes no longer than pattern times name")
  func globIsLinear() throws {
    let glob = try #require(Glob(String(repeating: "*a", count: 50) + "b"))
    #expect(!glob.matches(String(repeating: "a", count: 5000)))
  }
}
