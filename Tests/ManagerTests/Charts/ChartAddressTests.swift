import Fleet
import Testing

@testable import Manager

@Suite struct ChartAddressTests {
  private func address(_ chart: String, repo: String = "", dependency: Bool = false) throws -> ChartAddress {
    try ChartAddress(
      ChartRequest(chart: chart, repo: repo, version: "", purpose: dependency ? .dependency(of: "Chart.yaml") : .chart))
  }

  @Test(
    "every form of address leads where Fleet takes it (§2.5)",
    arguments: [
      ("https://h/c-1.tgz", ChartAddress.archive(url: "https://h/c-1.tgz")),
      ("http::http://h/c.tgz?a=b", .archive(url: "http://h/c.tgz?a=b")),
      ("oci://h:5000/charts/c", .registry(url: "oci://h:5000/charts/c")),
      ("git::https://h/o/r.git", .git(url: "https://h/o/r.git", reference: nil, subdirectory: "")),
      ("git::https://h/o/r//a/b?ref=v1", .git(url: "https://h/o/r", reference: "v1", subdirectory: "a/b")),
      (
        "git::https://h/o/r//a/./b/?depth=1&ref=main",
        .git(url: "https://h/o/r", reference: "main", subdirectory: "a/b")
      ),
      ("git::ssh://git@h:22/o/r//c", .git(url: "ssh://git@h:22/o/r", reference: nil, subdirectory: "c")),
      ("git::git@h:o/r//c?ref=x", .git(url: "git@h:o/r", reference: "x", subdirectory: "c")),
      ("git@h:o/r.git//c", .git(url: "git@h:o/r.git", reference: nil, subdirectory: "c")),
      ("ssh://git@h/o/r", .git(url: "ssh://git@h/o/r", reference: nil, subdirectory: "")),
      ("github.com/o/r", .git(url: "https://github.com/o/r.git", reference: nil, subdirectory: "")),
      ("github.com/o/r.git//c?ref=v2", .git(url: "https://github.com/o/r.git", reference: "v2", subdirectory: "c")),
      ("gitlab.com/o/r/deep/c", .git(url: "https://gitlab.com/o/r.git", reference: nil, subdirectory: "deep/c")),
      ("bitbucket.org/o/r/a//b", .git(url: "https://bitbucket.org/o/r.git", reference: nil, subdirectory: "a/b")),
    ])
  func forms(text: String, expected: ChartAddress) throws {
    #expect(try address(text) == expected)
  }

  @Test("a registry may be named with the chart, or as the directory that Helm's dependencies name")
  func registries() throws {
    #expect(try address("", repo: "oci://h/charts/nginx") == .registry(url: "oci://h/charts/nginx"))
    #expect(try address("nginx", repo: "oci://h/charts/") == .registry(url: "oci://h/charts/nginx"))
    #expect(try address("nginx", repo: "oci://h/charts/nginx") == .registry(url: "oci://h/charts/nginx"))
    #expect(try address("nginx", repo: "oci://h/nginx", dependency: true) == .registry(url: "oci://h/nginx/nginx"))
    #expect(try address("nginx", repo: "https://h/charts/") == .repository(url: "https://h/charts", chart: "nginx"))
  }

  @Test(
    "what is no address, or leads to this machine or out of the repository, is refused with what to do",
    arguments: [
      ("missing-directory", "", "set `repo`"),
      ("", "https://h/charts", "`chart` must name a chart"),
      ("c", "git::https://h/r", "https://, http:// and oci://"),
      ("git::file:///var/lib/flotilla/git/other", "", "own machine"),
      ("git::ext::sh -c id", "", "space"),
      ("git::ext::id", "", "not served"),
      ("file:///etc/passwd", "", "file://"),
      ("file::/etc/passwd", "", "file::"),
      ("s3::https://h/c.tgz", "", "s3::"),
      ("git::https://h/r//../../etc", "", ".."),
      ("github.com/o/r//a/../../b", "", ".."),
      ("git::https://h/r?sshkey=LS0t", "", "ssh-privatekey"),
      ("git::https://h/r?upload-pack=id", "", "upload-pack is not known"),
      ("git::--upload-pack=id", "", "option"),
      ("github.com/only", "", "github.com/owner/repository"),
      ("https://h/a.tgz//sub", "", "inside an archive"),
    ])
  func refusals(chart: String, repo: String, hint: String) {
    #expect { try address(chart, repo: repo) } throws: { error in
      (error as? FleetError)?.code == .chartUnavailable && "\(error)".contains(hint)
    }
  }

  @Test("no message shows a password or a query")
  func redaction() throws {
    for text in ["git::https://u:secret@h/o/r?ref=v1", "https://u:secret@h/c.tgz?token=secret", "oci://u:secret@h/c"] {
      let shown = "\(try address(text))"
      #expect(!shown.contains("secret") && shown.contains("h/"))
    }
    #expect("\(try address("c", repo: "https://u:secret@h/charts"))" == "c from https://h/charts")
  }

  @Test(
    "metadata services and link-local addresses are asked for nothing, however they are spelt",
    arguments: [
      "http://169.254.169.254/c.tgz", "https://u@169.254.169.254:80/c.tgz", "http://0xA9FEA9FE/c.tgz",
      "http://2852039166/c.tgz", "http://[fe80::1]/c.tgz", "http://[::ffff:169.254.169.254]/c.tgz",
      "http://METADATA.google.internal./c.tgz", "http://[fd00:ec2::254]/c.tgz", "http://100.100.100.200/c.tgz",
      "git::http://169.254.0.1/o/r", "oci://169.254.169.254/c", "git@169.254.169.254:o/r",
    ])
  func metadataServices(text: String) throws {
    #expect(try address(text).server.refusal != nil)
  }

  @Test("ordinary servers are asked, and so is this machine's loopback")
  func ordinaryServers() throws {
    for text in ["https://charts.example.com/c.tgz", "http://127.0.0.1:80/c.tgz", "https://[2001:db8::1]/c.tgz"] {
      #expect(try address(text).server.refusal == nil)
    }
  }

  @Test("an address that hides its server behind a user is known, and an ordinary user is not taken for it")
  func hiddenServers() throws {
    #expect(try address("https://charts.example.com@evil.example/c.tgz").hidesItsServer)
    #expect(try address("c", repo: "https://charts.example.com:443@evil.example/x").hidesItsServer)
    #expect(try !address("git::https://org@dev.azure.com/org/r").hidesItsServer)
    #expect(try !address("git::ssh://git@h/o/r").hidesItsServer)
  }

  @Test("exact versions are told from constraints")
  func exactVersions() {
    for exact in ["1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3+build-7", "10.20.30-a+b"] {
      #expect(ChartIdentity.isExact(version: exact), "\(exact)")
    }
    for constraint in [
      "", "*", "1", "1.2", "1.2.x", "^1.2.3", ">=1.2.3", "1.2.3 - 2.0.0", "1.2.3 || 2.0.0", "1.2.3-", "=1.2.3",
    ] {
      #expect(!ChartIdentity.isExact(version: constraint), "\(constraint)")
    }
  }
}
