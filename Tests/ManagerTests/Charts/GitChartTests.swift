import Fleet
import Foundation
import Logging
import TestSupport
import Testing

@testable import Manager

#if canImport(Glibc)
  import Glibc
#endif

/// git's own server on loopback, for the repositories in a directory.
private func withGitDaemon(_ root: String, _ body: (Int) async throws -> Void) async throws {
  for attempt in 1... {
    let port = try freePort()
    let daemon = try Command([
      "git", "daemon", "--listen=127.0.0.1", "--port=\(port)", "--reuseaddr", "--export-all", "--base-path=\(root)",
      root,
    ]).start()
    do {
      try await eventually("git daemon listens or ends") {
        if daemon.status != nil { return true }
        return try await Command(["git", "ls-remote", "git://127.0.0.1:\(port)/charts"]).run().status == 0
      }
      // Somebody else may have taken the port meanwhile.
      if daemon.status != nil, attempt < 5 { continue }
      try await body(port)
    } catch {
      daemon.kill()
      await daemon.finish()
      throw error
    }
    daemon.kill()
    await daemon.finish()
    return
  }
}

private func freePort() throws -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
    }
  }
  guard isBound else { throw Command.Failure("no free port") }
  return Int(UInt16(bigEndian: address.sin_port))
}

@Suite struct GitChartTests {
  private func git(_ directory: String, _ arguments: String...) async throws -> String {
    try await Command(
      ["git", "-C", directory, "-c", "user.name=t", "-c", "user.email=t@example.com"] + arguments
    ).checked().trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func write(_ path: String, _ text: String) throws {
    let file = URL(filePath: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// A repository with a chart in `nginx/`, of version 1.0.0 at the tag `v1` and 2.0.0 at its head.
  private func repository(_ root: String) async throws {
    let path = root + "/charts"
    _ = try await Command(["git", "init", "-q", "-b", "trunk", path]).checked()
    try write(path + "/nginx/Chart.yaml", "apiVersion: v2\nname: nginx\nversion: 1.0.0\n")
    try write(path + "/nginx/templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    try write(path + "/nginx/.hidden", "x")
    try write(path + "/LICENSE", "free")
    try FileManager.default.createSymbolicLink(atPath: path + "/nginx/LICENSE", withDestinationPath: "../LICENSE")
    try write(path + "/leaving/Chart.yaml", "apiVersion: v2\nname: leaving\nversion: 1.0.0\n")
    try FileManager.default.createSymbolicLink(
      atPath: path + "/leaving/passwd", withDestinationPath: "../../../../etc/passwd")
    _ = try await git(path, "add", "-A")
    _ = try await git(path, "commit", "-q", "-m", "one")
    _ = try await git(path, "tag", "v1")
    try write(path + "/nginx/Chart.yaml", "apiVersion: v2\nname: nginx\nversion: 2.0.0\n")
    _ = try await git(path, "commit", "-q", "-a", "-m", "two")
  }

  @Test("a chart comes from a directory of another repository, at its head, a tag or a commit")
  func references() async throws {
    try await withTemporaryDirectory { root in
      try await repository(root)
      let first = try await git(root + "/charts", "rev-parse", "v1")
      try await withGitDaemon(root) { port in
        try await withChartBench { bench in
          let address = "git::git://127.0.0.1:\(port)/charts//nginx"
          _ = try await bench.follow(
            "r",
            [
              "head/fleet.yaml": "helm:\n  chart: \(address)\n",
              "tag/fleet.yaml": "helm:\n  chart: \(address)?ref=v1\n",
              "commit/fleet.yaml": "helm:\n  chart: \(address)?ref=\(first)\n",
              "none/fleet.yaml": "helm:\n  chart: \(address)?ref=v9\n",
              "nowhere/fleet.yaml": "helm:\n  chart: git::git://127.0.0.1:\(port)/charts//absent\n",
              "leaving/fleet.yaml": "helm:\n  chart: git::git://127.0.0.1:\(port)/charts//leaving\n",
            ])
          let repo = try #require(try await bench.built("r"))
          #expect(try await bench.chart("r-head")?.contains("version: 2.0.0") == true)
          #expect(try await bench.chart("r-tag")?.contains("version: 1.0.0") == true)
          #expect(try await bench.chart("r-commit")?.contains("version: 1.0.0") == true)
          let files = try #require(try await bench.files("r-tag"))
          #expect(files.first { $0.key.hasSuffix("/LICENSE") }?.value == "free")
          #expect(!files.keys.contains { $0.hasSuffix(".hidden") })
          let stalled = repo.message("Stalled")
          #expect(stalled.contains("v9") && stalled.contains("it has: v1"))
          #expect(stalled.contains("the directory absent of the repository"))
          #expect(stalled.contains("the link leaving/passwd"))
          #expect(try await bench.files("r-leaving") == nil)
        }
      }
    }
  }

  @Test("a branch is asked again after five minutes, a commit never")
  func freshness() async throws {
    try await withTemporaryDirectory { root in
      try await repository(root)
      let first = try await git(root + "/charts", "rev-parse", "v1")
      try await withGitDaemon(root) { port in
        let server = ChartServerDouble()
        let address = "git::git://127.0.0.1:\(port)/charts//nginx"
        let branch = ChartRequest(chart: address + "?ref=trunk", repo: "", version: "")
        let commit = ChartRequest(chart: address + "?ref=\(first)", repo: "", version: "")
        func versions() async -> [String?] {
          let supplied = await server.supplier(root).supply([branch, commit], sources: ChartSources(), fresh: false)
          return [branch, commit].map { try? supplied[$0.key]?.get().version }
        }
        #expect(await versions() == ["2.0.0", "1.0.0"])
        try write(root + "/charts/nginx/Chart.yaml", "apiVersion: v2\nname: nginx\nversion: 3.0.0\n")
        _ = try await git(root + "/charts", "commit", "-q", "-a", "-m", "three")
        #expect(await versions() == ["2.0.0", "1.0.0"])
        server.wait(seconds: Limits.chartRefreshSeconds)
        #expect(await versions() == ["3.0.0", "1.0.0"])
        #expect(server.asked.isEmpty)
      }
    }
  }

  @Test("mirrors that nobody has used for long go where there are too many, and a recent one stays")
  func mirrors() async throws {
    try await withTemporaryDirectory { root in
      let mirrors = root + "/git/.charts"
      for number in 0..<Limits.chartMirrors + 5 {
        let path = "\(mirrors)/m\(number)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard number > 0 else { continue }
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
      }
      let wanted = ChartRequest(chart: "git::git://127.0.0.1:1/absent//nginx", repo: "", version: "")
      let supplied = await ChartServerDouble().supplier(root).supply([wanted], sources: ChartSources(), fresh: false)
      #expect(throws: FleetError.self) { try supplied[wanted.key]?.get() }
      let left = try FileManager.default.contentsOfDirectory(atPath: mirrors)
      #expect(left.count == Limits.chartMirrors)
      #expect(left.contains("m0"))
    }
  }
}
