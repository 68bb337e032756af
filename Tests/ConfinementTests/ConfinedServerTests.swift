import Foundation
import TestSupport
import Testing

@testable import Confinement

@Suite("A confined server", .timeLimit(.minutes(5)))
struct ConfinedServerTests {
  static let program = """
    binmode STDIN; binmode STDOUT; $| = 1;
    while (read(STDIN, my $head, 4) == 4) {
      my $size = unpack('N', $head); my $body = '';
      read(STDIN, $body, $size) == $size or die if $size;
      if ($body eq 'crash') { print STDERR 'no more'; kill 'KILL', $$ }
      if ($body eq 'leave') { exit 0 }
      if ($body eq 'hang') { sleep 1000 }
      if ($body eq 'chatter') { print pack('N', 1), 'xyz' }
      if ($body eq 'pid') { $body = $$ }
      print pack('N', $body eq 'huge' ? 1 << 30 : length $body), $body;
    }
    """

  func withServer(
    _ requestsPerChild: Int = 1000, limits: ConfinementLimits = .init(), _ body: (ConfinedServer) async throws -> Void
  ) async throws {
    let server = ConfinedServer(Perl.command(Self.program, limits: limits), requestsPerChild: requestsPerChild)
    do { try await body(server) } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  func ask(_ server: ConfinedServer, _ text: String, _ timeout: Duration = .seconds(60)) async throws -> String {
    String(decoding: try await server.request(Array(text.utf8), timeout: timeout), as: UTF8.self)
  }

  func code(_ server: ConfinedServer, _ text: String, _ timeout: Duration = .seconds(60)) async
    -> ConfinementError.Code?
  {
    await #expect(throws: ConfinementError.self) { try await ask(server, text, timeout) }?.code
  }

  @Test("It answers requests of any size, in turn, with one child")
  func answers() async throws {
    try await withServer { server in
      let pid = try await ask(server, "pid")
      let large = [UInt8](repeating: 1, count: 5 << 20)
      #expect(try await server.request(large, timeout: .seconds(60)) == large)
      #expect(try await server.request([], timeout: .seconds(60)) == [])
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<50 { group.addTask { try await ask(server, "n\(index)") == "n\(index)" } }
        for try await isRight in group { #expect(isRight) }
      }
      #expect(try await ask(server, "pid") == pid)
    }
  }

  @Test("After a crash, an end, a time-out or nonsense, the request fails and the next one has a new child")
  func replaced() async throws {
    try await withServer { server in
      var pid = try await ask(server, "pid")
      let error = await #expect(throws: ConfinementError.self) { try await ask(server, "crash") }
      #expect(error?.code == .crashed && error?.message.contains("no more") == true)
      for (request, timeout, expected) in [
        ("leave", Duration.seconds(60), ConfinementError.Code.crashed), ("hang", .milliseconds(200), .timeLimit),
        ("chatter", .seconds(60), .crashed), ("huge", .seconds(60), .outputLimit),
      ] {
        let next = try await ask(server, "pid")
        #expect(next != pid)
        pid = next
        #expect(await code(server, request, timeout) == expected, "\(request)")
      }
      // One that was killed while it had nothing to do costs no request.
      pid = try await ask(server, "pid")
      let number = try #require(Int32(pid))
      #expect(kill(number, SIGKILL) == 0)
      try await eventually("it is gone") { kill(number, 0) != 0 }
      #expect(try await ask(server, "pid") != pid)
    }
  }

  @Test("A child is replaced after so many requests, and ends")
  func retired() async throws {
    try await withServer(2) { server in
      let first = try await ask(server, "pid")
      #expect(try await ask(server, "pid") == first)
      #expect(try await ask(server, "pid") != first)
      let number = try #require(Int32(first))
      try await eventually("the first one is gone") { kill(number, 0) != 0 }
    }
  }

  @Test("Cancelling a request costs its child and no other request; stopping ends all")
  func cancelledAndStopped() async throws {
    try await withServer { server in
      let hanging = Task { try await ask(server, "hang") }
      let waiting = Task { try await ask(server, "after") }
      hanging.cancel()
      #expect(await #expect(throws: ConfinementError.self) { try await hanging.value }?.code == .cancelled)
      #expect(try await waiting.value == "after")
      let pid = try #require(Int32(try await ask(server, "pid")))
      let last = Task { try await ask(server, "hang") }
      await server.stop()
      #expect(await #expect(throws: ConfinementError.self) { try await last.value }?.code == .cancelled)
      #expect(kill(pid, 0) != 0)
      #expect(await code(server, "more") == .cancelled)
    }
  }
}
