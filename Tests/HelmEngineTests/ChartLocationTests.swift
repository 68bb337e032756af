import Testing

@testable import HelmEngine

@Suite struct ChartLocationTests {
  @Test("the forms of addresses are told apart")
  func forms() throws {
    #expect(
      try ChartLocation(ChartPull(chart: "web", repo: "https://charts.example.com/stable"))
        == .repository(url: "https://charts.example.com/stable", chart: "web"))
    #expect(
      try ChartLocation(ChartPull(chart: "https://example.com/web-1.tgz"))
        == .archive(url: "https://example.com/web-1.tgz"))
    for (chart, repo) in [
      ("oci://r.example.com:5000/a/web", ""), ("web", "oci://r.example.com:5000/a"),
      ("web", "oci://r.example.com:5000/a/"),
      ("", "oci://r.example.com:5000/a/web"), ("web", "oci://r.example.com:5000/a/web"),
      ("oci://r.example.com:5000/a/web", "oci://r.example.com:5000/a"),
    ] {
      #expect(
        try ChartLocation(ChartPull(chart: chart, repo: repo))
          == .registry(reference: "oci://r.example.com:5000/a/web", host: "r.example.com:5000"))
    }
    for (chart, repo) in [
      ("web", ""), ("", ""), ("git::https://x/y", ""), ("web", "ftp://x"), ("web", "https://"), ("file:///etc", ""),
    ] {
      let error = #expect(throws: HelmError.self) { try ChartLocation(ChartPull(chart: chart, repo: repo)) }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("addresses of an index are resolved as Helm does")
  func resolution() {
    let cases: [(String, String, String?)] = [
      ("web-1.tgz", "https://x/charts", "https://x/charts/web-1.tgz"),
      ("web-1.tgz", "https://x/charts/", "https://x/charts/web-1.tgz"),
      ("a/web-1.tgz", "https://x", "https://x/a/web-1.tgz"),
      ("/a/web-1.tgz", "https://x/charts", "https://x/a/web-1.tgz"),
      ("../web-1.tgz", "https://x/a/charts", "https://x/a/web-1.tgz"),
      ("web-1.tgz", "https://x/charts?token=t", "https://x/charts/web-1.tgz?token=t"),
      ("https://y/web-1.tgz", "https://x/charts?token=t", "https://y/web-1.tgz"),
      ("//y/web-1.tgz", "https://x/charts", "https://y/web-1.tgz"),
      ("file:///etc/passwd", "https://x", nil), ("oci://y/z", "https://x", nil),
    ]
    for (reference, repository, result) in cases {
      #expect(ChartLocation.resolve(reference, in: repository) == result, "\(reference) in \(repository)")
    }
  }

  @Test("an origin is scheme, host and port")
  func origins() {
    #expect(ChartLocation.isSameOrigin("https://x/a", "https://X:443/b"))
    #expect(ChartLocation.isSameOrigin("http://u:p@x:80/a", "http://x"))
    for other in ["http://x/a", "https://x:444/a", "https://y/a", "https://x.y/a", "https://x@y/a", "nonsense"] {
      #expect(!ChartLocation.isSameOrigin("https://x/a", other), "\(other)")
    }
  }

  @Test("secrets are taken out of words and addresses")
  func redaction() {
    let redaction = Redaction(ChartCredentials(username: "u", password: "s3cret"))
    #expect(redaction("a s3cret b") == "a [redacted] b")
    #expect(redaction("GET https://u:s3cret@x/a?b: no") == "GET https://x/a?b: no")
    #expect(
      Redaction.url("\"https://me:pw@x.y:1/z\" and http://a/@b, c@d") == "\"https://x.y:1/z\" and http://a/@b, c@d")
    let pull = ChartPull(chart: "web", repo: "https://me:pw@x.y/z", version: "1")
    #expect(pull.displayName == "chart web (version 1) from https://x.y/z")
  }
}
