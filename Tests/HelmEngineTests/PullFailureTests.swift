import Testing

@testable import HelmEngine

/// What Helm's library says, as it was seen, and what we make of it.
@Suite struct PullFailureTests {
  @Test("failures are told apart by what the server said, not by digits or words in an address")
  func codes() {
    let cases: [(String, HelmError.Code, Bool)] = [
      (
        #"failed to perform "FetchReference" on source: localhost:36401/charts/web:9.9.9: not found"#,
        .repositoryFailed, true
      ),
      (
        #"failed to perform "FetchReference" on source: localhost:5000/unauthorized/web:401: not found"#,
        .repositoryFailed, true
      ),
      (
        #"GET "https://localhost:45001/v2/": response status code 401: unauthorized: authentication required"#,
        .accessDenied,
        false
      ),
      (
        #"GET "https://localhost:45001/v2/charts/web/manifests/1.0.0": basic credential not found"#, .accessDenied,
        false
      ),
      (#"failed to fetch http://localhost:40401/index.yaml : 404 Not Found"#, .repositoryFailed, true),
      (#"failed to fetch http://localhost:40401/index.yaml : 403 Forbidden"#, .accessDenied, false),
      (
        #"Get "https://x/index.yaml": tls: failed to verify certificate: x509: certificate signed by unknown authority"#,
        .untrustedCertificate, false
      ),
      (
        #"Get "http://x:46404/index.yaml": dial tcp 127.0.0.1:46404: connect: connection refused"#, .repositoryFailed,
        false
      ),
      ("could not locate a version matching provided version string ~3", .repositoryFailed, true),
      (
        #"GET "http://x/tags/list": response status code 404: name unknown: repository name not known"#,
        .repositoryFailed, true
      ),
      (#"improper constraint: "not a version""#, .invalidArgument, false),
      ("decompressed chart is larger than the maximum size 104857600", .limitExceeded, false),
    ]
    let failure = PullFailure(pull: ChartPull(chart: "web", repo: "https://u:canary@charts.example.com"))
    for (text, code, isNotFound) in cases {
      let error = failure.error(text)
      #expect(error.code == code, "\(text)")
      #expect(PullFailure.isNotFound(text) == isNotFound, "\(text)")
      #expect(error.message.hasPrefix("chart web from https://charts.example.com: "))
    }
  }

  @Test("long lists of versions are cut")
  func lists() {
    let error = PullFailure(pull: ChartPull(chart: "web", version: "9")).missingVersion(
      among: (1...12).map { "1.\($0)" })
    #expect(
      error.message.hasSuffix(
        "it has no version 9; there are 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 1.10 and 2 more: correct version"))
  }
}
