import Foundation
import TestSupport
import Testing

@testable import HelmEngine

/// Chart servers that mean harm (notes/reliability.md, tests 23 to 25): each costs its own pull.
@Suite struct HostileServerTests {
  private static func limits(_ change: (inout HelmWorkerLimits) -> Void = { _ in }) -> HelmWorkerLimits {
    var limits = HelmWorkerLimits()
    limits.pullTime = .seconds(5)
    limits.pullMemoryBytes = 512 << 20
    change(&limits)
    return limits
  }

  /// Pulls what the body has prepared, and returns the error and how long it took.
  private func pull(
    limits: HelmWorkerLimits = limits(), chart: String = "web", _ prepare: (ChartRepositoryServer) throws -> Void
  ) async throws -> (error: HelmError?, duration: Duration) {
    let charts = [try await PackagedChart.make(name: "web", version: "1.0.0")]
    return try await withChartRepository(charts: charts, isTLS: false) { server in
      try prepare(server)
      return try await withWorkers(limits: limits) { workers in
        let start = ContinuousClock.now
        let error = await failure { try await workers.pull(ChartPull(chart: chart, repo: server.url)) }
        #expect(error?.message.contains("chart \(chart)") == true && error?.message.contains(server.url) == true)
        return (error, ContinuousClock.now - start)
      }
    }
  }

  @Test("a server that drips is left after the time limit", arguments: ["/index.yaml", "/web-1.0.0.tgz"])
  func drip(path: String) async throws {
    let (error, duration) = try await pull { try $0.answer(path, by: .drip(seconds: 0.1)) }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("longer than 5.0 seconds") == true, "\(error?.message ?? "")")
    #expect(duration < .seconds(15))
  }

  @Test("a body without an end stops at the memory limit", arguments: ["/index.yaml", "/web-1.0.0.tgz"])
  func endless(path: String) async throws {
    let (error, _) = try await pull(limits: Self.limits { $0.pullTime = .seconds(60) }) {
      try $0.answer(path, by: .endless)
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("512 MiB of memory") == true, "\(error?.message ?? "")")
  }

  @Test("an index that is a YAML bomb, deeply nested or no index at all is refused")
  func indexes() async throws {
    let aliases = (1...30).map { "a\($0): &a\($0) [\(repeatElement("*a\($0 - 1)", count: 10).joined(separator: ","))]" }
    let bomb = "apiVersion: v1\na0: &a0 [x]\n" + aliases.joined(separator: "\n") + "\nentries: {web: *a30}\n"
    let deep = "entries: " + String(repeating: "[", count: 200_000)
    for text in [bomb, deep, "entries: {web: [", "<html>not found</html>", "\u{0}\u{1}", ""] {
      let (error, duration) = try await pull { try $0.answer("/index.yaml", by: .text(text)) }
      #expect([.repositoryFailed, .limitExceeded, .chartNotFound].contains(error?.code), "\(error?.message ?? "")")
      #expect(duration < .seconds(15))
    }
  }

  @Test("an archive that grows beyond Helm's limits, or is no archive, is refused")
  func archives() async throws {
    let bomb = try await PackagedChart.make(
      name: "web", version: "1.0.0",
      files: Dictionary(
        uniqueKeysWithValues: (0..<26).map { ("files/\($0)", String(repeating: "0", count: 4 << 20)) }))
    #expect(bomb.archive.count < 1 << 20)
    var (error, _) = try await pull { try $0.publish(bomb) }
    #expect(error?.code == .limitExceeded, "\(error?.message ?? "")")
    #expect(error?.message.contains("larger than Helm takes") == true)
    for bytes in [Data("no archive".utf8), Data(), bomb.archive.prefix(1000)] {
      (error, _) = try await pull { try $0.publish(PackagedChart(name: "web", version: "1.0.0", archive: bytes)) }
      #expect(error?.code == .invalidChart, "\(error?.message ?? "")")
    }
  }

  @Test("an archive of the largest size is taken, and one byte more is not")
  func archiveSize() async throws {
    let chart = try await PackagedChart.make(name: "web", version: "1.0.0")
    try await withChartRepository(charts: [chart], isTLS: false) { server in
      for (bytes, code) in [(chart.archive.count, HelmError.Code?.none), (chart.archive.count - 1, .limitExceeded)] {
        try await withWorkers(limits: Self.limits { $0.archiveBytes = bytes }) { workers in
          let error = await failure { try await workers.pull(ChartPull(chart: "web", repo: server.url)) }
          #expect(error?.code == code, "\(error?.message ?? "")")
        }
      }
    }
  }

  @Test("an archive that is not what the index promises is refused with both digests")
  func digest() async throws {
    let chart = try await PackagedChart.make(name: "web", version: "1.0.0")
    let wrong = String(repeating: "ab", count: 32)
    let (error, _) = try await pull { try $0.publish(chart, digest: wrong) }
    #expect(error?.code == .digestMismatch)
    #expect(error?.message.contains(wrong) == true)
  }

  @Test("credentials stay with the repository's host, wherever an index or a redirection leads")
  func foreignHosts() async throws {
    let user = TestUser(name: "reader", password: "canary-77")
    let chart = try await PackagedChart.make(name: "web", version: "1.0.0")
    try await withChartRepository(charts: [chart], isTLS: false) { foreign in
      try await withChartRepository(charts: [chart], isTLS: false, user: user) { server in
        try await withWorkers { workers in
          let pull = ChartPull(
            chart: "web", repo: server.url, credentials: .init(username: user.name, password: user.password))
          // Another port of the same host is another server, and so is another name.
          for host in ["localhost", "127.0.0.1"] {
            try server.publish(chart, address: foreign.address(host: host) + "/web-1.0.0.tgz")
            let pulled = try await workers.pull(pull)
            #expect(pulled.version == "1.0.0")
          }
          try server.publish(chart)
          try server.answer("/web-1.0.0.tgz", by: .redirect(foreign.address(host: "127.0.0.1") + "/web-1.0.0.tgz"))
          _ = try await workers.pull(pull)
          try server.answer("/index.yaml", by: .redirect(foreign.address(host: "127.0.0.1") + "/index.yaml"))
          _ = try await workers.pull(pull)
          let seen = try foreign.requests()
          #expect(seen.count >= 5)
          #expect(seen.allSatisfy { $0.authorization.isEmpty }, "\(seen)")
          let own = try server.requests()
          #expect(own.allSatisfy { !$0.authorization.isEmpty })
        }
      }
    }
  }

  @Test("a pull's password is in no argument, variable or file, and its folder is gone when it is cancelled")
  func secrecy() async throws {
    let mark = UUID().uuidString
    try await withChartRepository(isTLS: false) { server in
      try server.answer("/index.yaml", by: .drip(seconds: 0.1))
      try await withWorkers { workers in
        let credentials = ChartCredentials(
          username: "reader", password: "canary-\(mark)", caBundle: "-----BEGIN CERTIFICATE-----\n\(mark)")
        let pulling = Task {
          await failure { try await workers.pull(ChartPull(chart: "web", repo: server.url, credentials: credentials)) }
        }
        try await eventually("the child asks") { try !server.requests().isEmpty }
        let folder = try #require(Self.folders().first { Self.text("\($0)/ca.pem").contains(mark) })
        let child = try #require(Self.processes().first { Self.link("/proc/\($0)/cwd") == folder })
        for place in ["cmdline", "environ"] {
          let text = Self.text("/proc/\(child)/\(place)")
          #expect(!text.isEmpty)
          #expect(!text.contains("canary"))
        }
        for file in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
          #expect(!Self.text("\(folder)/\(file)").contains("canary"), "\(file)")
        }
        pulling.cancel()
        #expect(await pulling.value?.code == .cancelled)
        #expect(!FileManager.default.fileExists(atPath: folder))
        try await eventually("the child is gone") { !FileManager.default.fileExists(atPath: "/proc/\(child)/cwd") }
      }
    }
  }

  private static func folders() throws -> [String] {
    let parent = FileManager.default.temporaryDirectory.path
    return try FileManager.default.contentsOfDirectory(atPath: parent)
      .filter { $0.hasPrefix("flotilla-chart-") }.map { "\(parent)/\($0)" }
  }

  private static func processes() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
  }

  private static func link(_ path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
