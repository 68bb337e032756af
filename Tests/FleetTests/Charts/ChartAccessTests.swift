import Document
import Testing

@testable import Fleet

@Suite("Credentials for charts")
struct ChartAccessTests {
  private static let canary = "s3cret-canary"
  private let own = HelmCredentials(
    username: "user", password: canary, caCertificates: "PEM", sshPrivateKey: canary, basicHTTP: true)

  private func request(_ repo: String, chart: String = "nginx", path: String = "app") -> ChartRequest {
    ChartRequest(chart: chart, repo: repo, version: "1", path: path)
  }

  @Test("credentials are sent where the regular expression matches from the beginning, and nowhere else (C15)")
  func regex() throws {
    let access = try ChartAccess(regex: "https://charts\\.example\\.com/|oci://", credentials: own)
    #expect(access.credentials(for: request("https://charts.example.com/stable")) == own)
    #expect(access.credentials(for: request("oci://registry/x", chart: "")) == own)
    #expect(access.credentials(for: request("", chart: "https://charts.example.com/a.tgz")) == own)
    for repo in [
      "https://charts.example.com", "https://chartsXexample.com/", "https://evil.com/?https://charts.example.com/",
      " https://charts.example.com/", "x-oci://registry",
    ] {
      let sent = access.credentials(for: request(repo))
      #expect(sent == HelmCredentials(caCertificates: "PEM", basicHTTP: true), "\(repo)")
    }
    let never = try ChartAccess(credentials: own)
    #expect(never.credentials(for: request("https://charts.example.com/"))?.hasSecrets == false)
    #expect(ChartAccess.anonymous.credentials(for: request("https://x")) == nil)
    let insecure = try ChartAccess(insecureSkipTLSVerify: true)
    #expect(insecure.credentials(for: request("https://x")) == HelmCredentials(insecureSkipTLSVerify: true))
  }

  @Test("a failed fetch hints at helmRepoURLRegex only where it kept credentials back")
  func hint() throws {
    let error = FleetError(.chartUnavailable, "401 Unauthorized")
    let asked = request("https://charts.example.com/")
    let empty = try ChartAccess(credentials: own).explain(error, for: asked)
    #expect(empty.message.contains("401 Unauthorized; ") && empty.message.contains("helmRepoURLRegex is empty"))
    let other = try ChartAccess(regex: "https://other/", credentials: own).explain(error, for: asked)
    #expect(other.message.contains("helmRepoURLRegex \"https://other/\" does not match https://charts.example.com/"))
    #expect(try ChartAccess(regex: ".*", credentials: own).explain(error, for: asked).message == error.message)
    #expect(ChartAccess.anonymous.explain(error, for: asked).message == error.message)
    let open = HelmCredentials(caCertificates: "PEM")
    #expect(try ChartAccess(credentials: open).explain(error, for: asked).message == error.message)
  }

  @Test("credentials by path: the very path first, then the first glob in lexical order, and no others (C16)")
  func byPath() throws {
    func named(_ name: String) -> HelmCredentials { HelmCredentials(username: name, password: "p") }
    let access = try ChartAccess(
      regex: ".", credentials: named("default"),
      byPath: [
        "apps/web": named("exact"), "apps/*": named("glob"), "apps/w*": named("later"), "a*/*/deep": named("deep"),
        "./other/": named("other"), ".": named("root"),
      ])
    func user(_ path: String) -> String? { access.credentials(for: request("https://x", path: path))?.username }
    #expect(user("apps/web") == "exact" && user("apps/web2") == "glob" && user("apps/x/deep") == "deep")
    #expect(user("other") == "other" && user(".") == "root" && user("") == "root")
    #expect(user("elsewhere") == nil && user("apps/x/y") == nil)
  }

  @Test("a Secret's keys become credentials")
  func secret() throws {
    let found = try HelmCredentials(
      secretData: [
        "username": Array("u".utf8), "password": Array("p".utf8), "cacerts": Array("PEM".utf8),
        "ssh-privatekey": Array("KEY".utf8), "insecureSkipVerify": Array("true".utf8), "basicHTTP": Array("1".utf8),
      ], secret: "helm")
    #expect(
      found
        == HelmCredentials(
          username: "u", password: "p", caCertificates: "PEM", sshPrivateKey: "KEY", insecureSkipTLSVerify: true,
          basicHTTP: true))
    #expect(try HelmCredentials(secretData: [:], secret: "helm").isEmpty)
  }

  @Test(
    "what is wrong with a Secret is said with Secret and key, and without its values",
    arguments: [
      (["username": canary], "Secret helm: username is set in the secret, but password isn't"),
      (["password": canary], "Secret helm: password is set in the secret, but username isn't"),
      (["insecureSkipVerify": canary], "Secret helm, key insecureSkipVerify: must be true or false"),
    ])
  func badSecret(data: [String: String], message: String) {
    let bytes = data.mapValues { Array($0.utf8) }
    #expect { try HelmCredentials(secretData: bytes, secret: "helm") } throws: { "\($0)" == message }
    #expect { try HelmCredentials(secretData: ["username": [0xFF]], secret: "helm") } throws: { error in
      "\(error)" == "Secret helm, key username: is not UTF-8"
    }
  }

  @Test("secrets-path.yaml maps paths to credentials, files in base64 or as they are")
  func paths() throws {
    let text = """
      apps/*:
        username: u
        password: p
        caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t
        sshPrivateKey: |
          -----BEGIN KEY-----
        insecureSkipVerify: true
        basicHTTP: "true"
      open: {}
      none:
      """
    let found = try HelmCredentials.byPath(secretData: ["secrets-path.yaml": Array(text.utf8)], secret: "s")
    #expect(found.keys.sorted() == ["apps/*", "none", "open"])
    #expect(
      found["apps/*"]
        == HelmCredentials(
          username: "u", password: "p", caCertificates: "-----BEGIN CERTIFICATE-----",
          sshPrivateKey: "-----BEGIN KEY-----\n", insecureSkipTLSVerify: true, basicHTTP: true))
    #expect(found["none"]?.isEmpty == true)
  }

  @Test(
    "what is wrong with secrets-path.yaml is said with Secret, key and path, and without its values",
    arguments: [
      ("a: {password: \(canary)", "key secrets-path.yaml: is not YAML: there is a mistake in line"),
      ("- \(canary)", "must map paths to credentials"), ("a: \(canary)", "path a: must be an object"),
      ("a: {username: [\(canary)]}", "path a: username must be a string"),
      ("a: {basicHTTP: \(canary)}", "path a: basicHTTP must be true or false"),
      ("'[': {}", "path [: is not a valid pattern"),
    ])
  func badPaths(text: String, message: String) {
    #expect {
      try HelmCredentials.byPath(secretData: ["secrets-path.yaml": Array(text.utf8)], secret: "s")
    } throws: { error in
      let shown = "\(error)"
      return shown.hasPrefix("Secret s, key secrets-path.yaml") && shown.contains(message)
        && !shown.contains(Self.canary)
    }
    #expect { try HelmCredentials.byPath(secretData: [:], secret: "s") } throws: { "\($0)".contains("is missing") }
  }

  @Test("no description shows a secret")
  func redaction() throws {
    let access = try ChartAccess(regex: ".*", credentials: own, byPath: ["a": own])
    var dumped = ""
    dump(own, to: &dumped)
    dump(access, to: &dumped)
    for text in ["\(own)", String(reflecting: own), "\(access)", String(reflecting: access), dumped] {
      #expect(!text.contains(Self.canary), "\(text)")
    }
    #expect("\(own)" == "HelmCredentials(username, password, caCertificates, sshPrivateKey, basicHTTP)")
  }

  @Test("a regular expression or path that is none is named")
  func badPatterns() {
    #expect { try ChartAccess(regex: "a(") } throws: {
      "\($0)".hasPrefix("helmRepoURLRegex: is not a regular expression: ")
    }
    #expect { try ChartAccess(byPath: ["[": HelmCredentials()]) } throws: { ($0 as? FleetError)?.key == "[" }
  }
}
