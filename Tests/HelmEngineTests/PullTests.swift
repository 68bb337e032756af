import Foundation
import TestSupport
import Testing

@testable import HelmEngine

/// Charts from real servers on loopback: a repository over TLS, and Debian's OCI registry.
@Suite struct PullTests {
  private static let versions = ["1.0.0", "1.2.0", "1.2.5", "1.3.0+build.1", "2.0.0", "3.0.0-rc.1"]

  private static func charts() async throws -> [PackagedChart] {
    var charts: [PackagedChart] = []
    for version in versions { charts.append(try await .make(name: "web", version: version)) }
    return charts
  }

  /// What a version, a constraint or nothing picks; nil for none.
  private static let choices: [(wanted: String, picked: String?)] = [
    ("", "2.0.0"), ("1.2.0", "1.2.0"), ("^1.2", "1.3.0+build.1"), ("~1.2", "1.2.5"), (">=1.0 <2", "1.3.0+build.1"),
    ("1.x", "1.3.0+build.1"), ("3.0.0-rc.1", "3.0.0-rc.1"), (">=2.0.0-0", "3.0.0-rc.1"), ("*", "2.0.0"),
    ("1.3.0+build.1", "1.3.0+build.1"), ("9.9.9", nil), ("^3", nil),
  ]

  @Test("a repository over TLS gives the newest version that fits, byte for byte, to whom trusts its authority")
  func repository() async throws {
    let charts = try await Self.charts()
    try await withChartRepository(charts: charts) { server in
      try await withWorkers { workers in
        let credentials = ChartCredentials(caBundle: server.certificate)
        for (wanted, picked) in Self.choices {
          let pull = ChartPull(chart: "web", repo: server.url, version: wanted, credentials: credentials)
          guard let picked else {
            let error = await failure { try await workers.pull(pull) }
            #expect(error?.code == .chartNotFound)
            #expect(
              error?.message.contains("there are 3.0.0-rc.1, 2.0.0, 1.3.0+build.1") == true, "\(error?.message ?? "")")
            continue
          }
          let chart = try await workers.pull(pull)
          #expect(chart.version == picked, "\(wanted)")
          #expect(chart.name == "web")
          #expect(Data(chart.archive) == charts.first { $0.version == picked }?.archive)
        }
        // An archive's own address needs no index.
        let chart = try await workers.pull(ChartPull(chart: server.url + "/web-1.0.0.tgz", credentials: credentials))
        #expect(chart.version == "1.0.0")
      }
    }
  }

  @Test("a registry gives the newest version that fits, over TLS and over plain HTTP", arguments: [true, false])
  func registry(isTLS: Bool) async throws {
    let charts = try await Self.charts()
    try await withOCIRegistry(charts: charts, isTLS: isTLS) { registry in
      try await withWorkers { workers in
        let credentials = ChartCredentials(caBundle: registry.certificate, plainHTTP: !isTLS)
        for (wanted, picked) in Self.choices {
          let pull = ChartPull(chart: registry.reference("web"), version: wanted, credentials: credentials)
          guard let picked else {
            let error = await failure { try await workers.pull(pull) }
            #expect(error?.code == .chartNotFound)
            #expect(
              error?.message.contains("there are 3.0.0-rc.1, 2.0.0, 1.3.0+build.1") == true, "\(error?.message ?? "")")
            continue
          }
          let chart = try await workers.pull(pull)
          #expect(chart.version == picked, "\(wanted)")
          #expect(Data(chart.archive) == charts.first { $0.version == picked }?.archive)
        }
        for pull in [
          ChartPull(chart: "web", repo: registry.repository, version: "^1.2", credentials: credentials),
          ChartPull(chart: "", repo: registry.reference("web"), version: "^1.2", credentials: credentials),
          ChartPull(chart: "web", repo: registry.reference("web"), version: "^1.2", credentials: credentials),
        ] {
          let chart = try await workers.pull(pull)
          #expect(chart.version == "1.3.0+build.1")
        }
      }
    }
  }

  @Test("certificates, users and passwords: who is trusted gets the chart, and who is not learns what to do")
  func access() async throws {
    let user = TestUser(name: "reader", password: "canary-5f1d")
    let charts = [try await PackagedChart.make(name: "web", version: "1.0.0")]
    try await withChartRepository(charts: charts, user: user) { server in
      try await withOCIRegistry(charts: charts, user: user) { registry in
        try await withWorkers { workers in
          for (chart, repo, certificate) in [
            ("web", server.url, server.certificate), (registry.reference("web"), "", registry.certificate),
          ] {
            func pull(_ credentials: ChartCredentials?) -> ChartPull {
              ChartPull(chart: chart, repo: repo, credentials: credentials)
            }
            let trusted = ChartCredentials(username: user.name, password: user.password, caBundle: certificate)
            let granted = try await workers.pull(pull(trusted))
            #expect(granted.version == "1.0.0")
            let blind = try await workers.pull(
              pull(.init(username: user.name, password: user.password, insecureSkipTLSVerify: true)))
            #expect(blind.version == "1.0.0")

            let untrusted = await failure {
              try await workers.pull(pull(.init(username: user.name, password: user.password)))
            }
            #expect(untrusted?.code == .untrustedCertificate)
            #expect(untrusted?.message.contains("cacerts") == true)
            let wrong = await failure {
              try await workers.pull(pull(.init(username: user.name, password: "canary-wrong", caBundle: certificate)))
            }
            #expect(wrong?.code == .accessDenied)
            #expect(wrong?.message.contains("refuses this user and password") == true, "\(wrong?.message ?? "")")
            let nobody = await failure { try await workers.pull(pull(.init(caBundle: certificate))) }
            #expect(nobody?.code == .accessDenied)
            #expect(nobody?.message.contains("helmSecretName") == true, "\(nobody?.message ?? "")")
            for error in [untrusted, wrong, nobody] {
              #expect(error?.message.contains("canary") == false)
              #expect(error?.message.contains(repo.isEmpty ? chart : repo) == true)
            }
          }
        }
      }
    }
    #expect("\(ChartCredentials(username: "u", password: "canary"))".contains("canary") == false)
    #expect(String(reflecting: ChartCredentials(username: "u", password: "canary")).contains("canary") == false)
  }

  @Test("a missing chart, a wrong address and a server that is away say what, where and what to do")
  func mistakes() async throws {
    let charts = [try await PackagedChart.make(name: "web", version: "1.0.0")]
    try await withChartRepository(charts: charts, isTLS: false) { server in
      try await withOCIRegistry(charts: charts, isTLS: false) { registry in
        try await withWorkers { workers in
          let plain = ChartCredentials(plainHTTP: true)
          let cases: [(ChartPull, HelmError.Code, String)] = [
            (.init(chart: "wep", repo: server.url), .chartNotFound, "there is no such chart; the repository has web"),
            (.init(chart: "web", repo: server.url + "/none"), .repositoryFailed, "it has no index.yaml"),
            (.init(chart: "web", repo: server.url, version: "not one"), .invalidArgument, "neither a version"),
            (.init(chart: server.url + "/none.tgz"), .chartNotFound, "there is no archive at \(server.url)/none.tgz"),
            (.init(chart: registry.reference("wep"), credentials: plain), .chartNotFound, "no such chart"),
            (
              .init(chart: registry.reference("web"), version: "not one", credentials: plain), .invalidArgument,
              "neither a version"
            ),
            (.init(chart: registry.reference("web")), .repositoryFailed, "basicHTTP"),
            (.init(chart: "web", repo: "http://localhost:1"), .repositoryFailed, "cannot be reached"),
            (.init(chart: "web"), .invalidArgument, "set repo"),
            (.init(chart: "web", repo: "charts.example.com"), .invalidArgument, "http://, https:// or oci://"),
            (.init(chart: "", repo: server.url), .invalidArgument, "set chart"),
            (.init(chart: "oci://"), .invalidArgument, "no address"),
            (
              .init(chart: "web", repo: server.url, credentials: .init(caBundle: "canary")), .invalidArgument,
              "BEGIN CERTIFICATE"
            ),
          ]
          for (pull, code, words) in cases {
            let error = await failure { try await workers.pull(pull) }
            #expect(error?.code == code, "\(pull): \(error?.message ?? "")")
            #expect(error?.message.contains(words) == true, "\(pull): \(error?.message ?? "")")
            #expect(error?.message.contains("canary") == false)
          }
        }
      }
    }
  }
}
