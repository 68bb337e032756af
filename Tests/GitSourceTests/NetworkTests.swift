import Foundation
import GitSource
import TestSupport
import Testing

@Suite("Servers that are slow, silent or not there")
struct NetworkTests {
  @Test("git:// fetches branches, tags and commits that only history holds")
  func daemon() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try repository.write("a", "1")
      let first = try await repository.commit()
      try repository.write("a", "2")
      let second = try await repository.commit()
      try await repository.git("tag", "-a", "-m", "t", "v1", second)
      let port = try TestServer.freePort()
      let server = try await TestServer(
        "/usr/lib/git-core/git-daemon",
        ["--export-all", "--reuseaddr", "--listen=127.0.0.1", "--port=\(port)", "--base-path=\(directory)", directory],
        port: port)
      let remote = try GitRemote(url: "git://127.0.0.1:\(server.port)/r")
      #expect(try await GitMirror(directory: directory + "/m1").fetch(.branch("master"), from: remote) == second)
      #expect(try await GitMirror(directory: directory + "/m2").fetch(.revision("v1"), from: remote) == second)
      let mirror = GitMirror(directory: directory + "/m3")
      #expect(try await mirror.fetch(.revision(first), from: remote) == first)
      #expect(try await mirror.tree(of: first).contents(of: "a") == Array("1".utf8))
      let unknown = await gitError {
        _ = try await mirror.fetch(.revision(String(repeating: "0f", count: 20)), from: remote)
      }
      #expect(unknown?.code == .referenceNotFound, "\(String(describing: unknown))")
      let absent = try GitRemote(url: "git://127.0.0.1:\(server.port)/none")
      let error = await gitError { _ = try await GitMirror.references(of: absent) }
      #expect(error?.code == .repositoryNotFound, "\(String(describing: error))")
    }
  }

  @Test("a server that is not there is named with the system's reason", arguments: ["git", "http", "https", "ssh"])
  func refused(scheme: String) async throws {
    let port = try TestServer.freePort()
    let remote = try GitRemote(url: "\(scheme)://127.0.0.1:\(port)/x", credentials: .none)
    let error = await gitError { _ = try await GitMirror.references(of: remote) }
    #expect(
      error?.code == .unreachable && error?.message.contains("127.0.0.1 port \(port): Connection refused") == true,
      "\(String(describing: error))")
    guard scheme == "git" else { return }
    let unnamed = try GitRemote(url: "git://no-such-host.invalid/x")
    let unresolved = await gitError { _ = try await GitMirror.references(of: unnamed) }
    #expect(unresolved?.code == .unreachable && unresolved?.message.contains("no-such-host.invalid") == true)
  }

  @Test(
    "a silent server is given up after the timeout, or at once when the task is cancelled",
    arguments: ["git", "https", "ssh"])
  func silent(scheme: String) async throws {
    // The kernel accepts connections by itself; nobody ever answers.
    let (socket, port) = try TestServer.listener(backlog: 16)
    defer { close(socket) }
    let url = "\(scheme)://127.0.0.1:\(port)/x"
    let short = try GitRemote(url: url, timeout: .milliseconds(300))
    let start = ContinuousClock.now
    let error = await gitError { _ = try await GitMirror.references(of: short) }
    #expect(error?.code == .timeout && error?.message.contains("300 ms") == true, "\(String(describing: error))")
    #expect(ContinuousClock.now - start < .seconds(15))
    let long = try GitRemote(url: url, timeout: .seconds(60))
    let task = Task { await gitError { _ = try await GitMirror.references(of: long) } }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    #expect(await task.value?.code == .cancelled)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("a server that drips one byte at a time does not outlast the timeout")
  func drip() async throws {
    let (socket, port) = try TestServer.listener(backlog: 4)
    defer { close(socket) }
    Thread.detachNewThread {
      let peer = accept(socket, nil, nil)
      // A length that promises more than is ever sent, then noise.
      for byte in Array("ffff".utf8) + [UInt8](repeating: 0x61, count: 500) {
        var byte = byte
        guard send(peer, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { break }
        Thread.sleep(forTimeInterval: 0.06)
      }
      close(peer)
    }
    let remote = try GitRemote(url: "git://127.0.0.1:\(port)/x", timeout: .milliseconds(500))
    let start = ContinuousClock.now
    #expect(await gitError { _ = try await GitMirror.references(of: remote) }?.code == .timeout)
    #expect(ContinuousClock.now - start < .seconds(15))
  }

  @Test("many operations on a silent server leave others undisturbed")
  func isolation() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      let head = try await repository.commit()
      let (socket, port) = try TestServer.listener(backlog: 128)
      defer { close(socket) }
      let silent = try GitRemote(url: "git://127.0.0.1:\(port)/x", timeout: .seconds(30))
      let stuck = (0..<100).map { _ in Task { try await GitMirror.references(of: silent) } }
      try await Task.sleep(for: .milliseconds(50))
      let start = ContinuousClock.now
      let mirror = GitMirror(directory: directory + "/m")
      #expect(try await mirror.fetch(.branch("master"), from: repository.remote) == head)
      #expect(try await mirror.tree(of: head).entries.isEmpty)
      #expect(ContinuousClock.now - start < .seconds(15))
      for task in stuck { task.cancel() }
      for task in stuck {
        guard case .failure(let error as GitError) = await task.result else {
          Issue.record("a silent server answered")
          continue
        }
        #expect(error.code == .cancelled)
      }
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }
}
