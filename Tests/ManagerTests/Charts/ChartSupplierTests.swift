import Fleet
import Foundation
import Logging
import TestSupport
import Testing

@testable import Manager

@Suite struct ChartSupplierTests {
  private let repo = "https://charts.example.com"

  private func request(_ chart: String, _ version: String = "1.0.0", path: String = "") -> ChartRequest {
    ChartRequest(chart: chart, repo: repo, version: version, path: path)
  }

  private func sources(_ user: String, regex: String = "https://charts.example.com") throws -> ChartSources {
    ChartSources(
      access: try ChartAccess(regex: regex, credentials: HelmCredentials(username: user, password: "p-" + user)))
  }

  @Test("a hundred repositories that want one chart at once fetch it once")
  func once() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble(pause: .milliseconds(50))
      server.serve("nginx", try await PackagedChart.make(name: "nginx", version: "1.0.0").bytes)
      let supplier = server.supplier(directory)
      let wanted = request("nginx", "^1.0.0")
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<100 {
          group.addTask {
            let supplied = await supplier.supply([wanted], sources: ChartSources(), fresh: false)
            return (try? supplied[wanted.key]?.get())?.name == "nginx"
          }
        }
        for await isThere in group { #expect(isThere) }
      }
      #expect(server.asked.count == 1)
    }
  }

  @Test("an exact version is kept, a constraint is asked again after five minutes, and everything when it is forced")
  func freshness() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      server.serve("nginx", try await PackagedChart.make(name: "nginx", version: "1.0.0").bytes)
      let exact = request("nginx")
      let constraint = request("nginx", "^1.0.0")
      let both = [exact, constraint]
      func asks(fresh: Bool = false) async -> Int {
        let before = server.asked.count
        // A supplier of its own each time: what is kept is on disk.
        let supplied = await server.supplier(directory).supply(both, sources: ChartSources(), fresh: fresh)
        #expect(supplied.values.allSatisfy { (try? $0.get()) != nil })
        return server.asked.count - before
      }
      #expect(await asks() == 2)
      #expect(await asks() == 0)
      server.wait(seconds: Limits.chartRefreshSeconds - 1)
      #expect(await asks() == 0)
      server.wait(seconds: 1)
      #expect(await asks() == 1)
      #expect(server.asked.last?.version == "^1.0.0")
      #expect(await asks(fresh: true) == 2)
      // A clock that was set back says nothing about when the server was asked.
      server.wait(seconds: -1_000)
      #expect(await asks() == 1)
    }
  }

  @Test("a server that is down fails constraints by its own words, and keeps nobody from exact versions")
  func down() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      server.serve("nginx", try await PackagedChart.make(name: "nginx", version: "1.0.0").bytes)
      let supplier = server.supplier(directory)
      let both = [request("nginx"), request("nginx", "1.x")]
      _ = await supplier.supply(both, sources: ChartSources(), fresh: false)
      server.state.withLock { $0.isDown = true }
      server.wait(seconds: Limits.chartRefreshSeconds)
      let supplied = await supplier.supply(both, sources: ChartSources(), fresh: false)
      #expect((try? supplied[both[0].key]?.get()) != nil)
      #expect { try supplied[both[1].key]?.get() } throws: { "\($0)".contains("the server does not answer") }
    }
  }

  @Test("credentials go where the regular expression says, and what they fetched is nobody else's")
  func credentials() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      server.serve("private", try await PackagedChart.make(name: "private", version: "1.0.0").bytes)
      let supplier = server.supplier(directory)
      let wanted = request("private")
      _ = await supplier.supply([wanted], sources: try sources("alice"), fresh: false)
      #expect(server.asked.map { $0.credentials?.username } == ["alice"])
      server.state.withLock { $0.isDown = true }
      #expect(
        (try? await supplier.supply([wanted], sources: try sources("alice"), fresh: false)[wanted.key]?.get()) != nil)
      for other in [ChartSources(), try sources("bob"), try sources("alice", regex: "https://elsewhere")] {
        let supplied = await supplier.supply([wanted], sources: other, fresh: false)
        #expect(throws: FleetError.self) { try supplied[wanted.key]?.get() }
      }
      #expect(server.asked.map { $0.credentials?.username } == ["alice", nil, "bob", nil])
      let refused = await supplier.supply([wanted], sources: try sources("alice", regex: "x"), fresh: true)
      #expect { try refused[wanted.key]?.get() } throws: { "\($0)".contains("helmRepoURLRegex") }
    }
  }

  @Test("a server hidden behind a user that looks like the allowed one gets no credentials")
  func disguise() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      let wanted = ChartRequest(chart: "c", repo: repo + "@evil.example", version: "1.0.0")
      let supplied = await server.supplier(directory).supply([wanted], sources: try sources("alice"), fresh: false)
      #expect { try supplied[wanted.key]?.get() } throws: { "\($0)".contains("evil.example") }
      #expect(server.asked.isEmpty)
    }
  }

  @Test("what a missing Secret is needed for fails by that Secret's name, and asks nobody")
  func refusal() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      server.serve("a", try await PackagedChart.make(name: "a", version: "1.0.0").bytes)
      let (a, b) = (request("a"), request("b"))
      let sources = ChartSources(refusal: { $0.chart == "b" ? "the Secret ns/s does not exist" : nil })
      let supplied = await server.supplier(directory).supply([a, b], sources: sources, fresh: false)
      #expect((try? supplied[a.key]?.get()) != nil)
      #expect { try supplied[b.key]?.get() } throws: { "\($0)".contains("ns/s") }
      #expect(server.asked.map(\.chart) == ["a"])
    }
  }

  @Test("a damaged archive is noticed by its digest and fetched again")
  func damage() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      server.serve("nginx", try await PackagedChart.make(name: "nginx", version: "1.0.0").bytes)
      let supplier = server.supplier(directory)
      let wanted = request("nginx")
      _ = await supplier.supply([wanted], sources: ChartSources(), fresh: false)
      let archives = directory + "/charts/archives"
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: archives).first)
      try Data("damaged".utf8).write(to: URL(filePath: archives + "/" + name))
      let supplied = await supplier.supply([wanted], sources: ChartSources(), fresh: false)
      #expect((try? supplied[wanted.key]?.get())?.name == "nginx")
      #expect(server.asked.count == 2)
    }
  }

  @Test("a cache that cannot be written costs fetches, not bundles")
  func unwritableCache() async throws {
    try await withTemporaryDirectory { directory in
      try Data().write(to: URL(filePath: directory + "/charts"))
      let server = ChartServerDouble()
      server.serve("nginx", try await PackagedChart.make(name: "nginx", version: "1.0.0").bytes)
      let wanted = request("nginx")
      for _ in 0..<2 {
        let supplied = await server.supplier(directory).supply([wanted], sources: ChartSources(), fresh: false)
        #expect((try? supplied[wanted.key]?.get())?.name == "nginx")
      }
      #expect(server.asked.count == 2)
    }
  }

  @Test("one slow server does not take the room of others, and no more than the limit is fetched at once")
  func room() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble(pause: .milliseconds(20))
      let archive = try await PackagedChart.make(name: "c", version: "1.0.0").bytes
      let requests = (0..<24).map { ChartRequest(chart: "c\($0)", repo: "https://h\($0 % 4)", version: "1.0.0") }
      for request in requests { server.serve(request.chart, archive) }
      let supplied = await server.supplier(directory).supply(requests, sources: ChartSources(), fresh: false)
      #expect(supplied.values.allSatisfy { (try? $0.get()) != nil })
      #expect(server.state.withLock { $0.mostUnderWay } <= Limits.chartFetches)
      let one = (0..<24).map { ChartRequest(chart: "c\($0)", repo: "https://h", version: "1.0.0") }
      server.state.withLock { $0.mostUnderWay = 0 }
      _ = await server.supplier(directory).supply(one, sources: ChartSources(), fresh: false)
      #expect(server.state.withLock { $0.mostUnderWay } == Limits.chartFetchesPerServer)
    }
  }

  @Test("charts beyond the bytes that one build may hold fail by the limit's name")
  func bytes() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble()
      let archive = try await PackagedChart.make(name: "c", version: "1.0.0").bytes
      let requests = (0..<3).map { request("c\($0)") }
      for request in requests { server.serve(request.chart, archive) }
      let size = try ChartArchiveReader.chart(of: archive).bytes
      let supplied = await server.supplier(directory)
        .supply(requests, sources: ChartSources(), fresh: false, bytes: 2 * size)
      let failures = supplied.values.compactMap { outcome -> FleetError? in
        if case .failure(let error) = outcome { error } else { nil }
      }
      #expect(failures.count == 1)
      #expect(failures.first?.message.contains("chartBytesPerBuild") == true)
    }
  }

  @Test("a fetch that nobody waits for any more is cancelled")
  func cancellation() async throws {
    try await withTemporaryDirectory { directory in
      let server = ChartServerDouble(pause: .seconds(3600))
      let supplier = server.supplier(directory)
      let wanted = request("slow")
      let waiting = Task { await supplier.supply([wanted], sources: ChartSources(), fresh: false) }
      try await eventually("the server is asked") { server.asked.count == 1 }
      waiting.cancel()
      let supplied = await waiting.value
      #expect(throws: FleetError.self) { try supplied[wanted.key]?.get() }
      #expect(server.state.withLock { $0.underWay } == 0)
    }
  }
}

@Suite struct ChartCacheTests {
  private func keep(_ cache: ChartCache, _ number: Int) throws -> (key: String, record: ChartRecord) {
    let archive = [UInt8](repeating: UInt8(number), count: 1_000)
    let record = ChartRecord(name: "c", version: "\(number)", content: Digests.sha256Hex(archive), fetched: 0)
    let key = Digests.sha256Hex("\(number)")
    try cache.keep(record, archive, as: key)
    return (key, record)
  }

  @Test("the longest unused archive makes room for the newest, and half-written files never count")
  func room() async throws {
    try await withTemporaryDirectory { directory in
      let cache = ChartCache(directory: directory, bytes: 3_000, records: 100)
      var kept: [(key: String, record: ChartRecord)] = []
      for number in 0..<3 {
        kept.append(try keep(cache, number))
        let file = directory + "/archives/" + kept[number].record.content
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: Double(number + 1))], ofItemAtPath: file)
      }
      #expect(cache.archive(of: kept[0].record) != nil)
      try Data([1]).write(to: URL(filePath: directory + "/archives/x.new-y"))
      let newest = try keep(cache, 3)
      #expect(cache.archive(of: newest.record) != nil)
      #expect(cache.archive(of: kept[0].record) != nil)
      #expect(cache.archive(of: kept[1].record) == nil)
      #expect(cache.record(kept[1].key) == kept[1].record)
    }
  }

  @Test("no more records are kept than the limit")
  func records() async throws {
    try await withTemporaryDirectory { directory in
      let cache = ChartCache(directory: directory, bytes: 1 << 20, records: 5)
      for number in 0..<8 { _ = try keep(cache, number) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/records").count == 5)
    }
  }
}
