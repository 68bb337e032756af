import Testing

@testable import Wire

@Suite("RPC")
struct RPCTests {
  @Test("a unary call answers, with empty and with large messages", arguments: Transport.allCases)
  func unary(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      let (client, key) = try bus.client()
      try await client.withConnection { channel in
        #expect(channel.peer == bus.serverKeys.publicKey)
        for size in [0, 1, 20_000, 300_000, 1_000_000] {
          let data = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
          let answer = try await channel.unary(
            TestMethods.echo, FetchChunk(offset: 7, data: data), deadline: .seconds(20))
          #expect(answer.offset == 7 && answer.data == data)
        }
        #expect(bus.server.isConnected(key))
      }
      try await eventually("the server forgets a client that left") { bus.server.connectionCount == 0 }
    }
  }

  @Test("many calls at once each get their own answer", arguments: Transport.allCases)
  func concurrentCalls(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for task in 0..<16 {
            group.addTask {
              for call in 0..<100 {
                let number = UInt64(task * 1000 + call)
                let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: number))
                #expect(answer.offset == number)
              }
            }
          }
          try await group.waitForAll()
        }
      }
    }
  }

  @Test("client, server and bidirectional streams carry every message in order", arguments: Transport.allCases)
  func streaming(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        let up = try await channel.stream(TestMethods.sum)
        for number in 1...10_000 { try await up.send(FetchRequest(offset: UInt64(number))) }
        await up.finish()
        for try await answer in up.messages { #expect(answer.offset == 50_005_000) }

        let down = try await channel.stream(TestMethods.count)
        try await down.send(FetchRequest(offset: 50_000))
        await down.finish()
        var expected: UInt64 = 0
        for try await chunk in down.messages {
          #expect(chunk.offset == expected)
          expected += 1
        }
        #expect(expected == 50_000)

        let both = try await channel.stream(TestMethods.echoStream)
        let shared = EncodedMessage(FetchChunk(data: [UInt8](repeating: 9, count: 40_000)))
        var echoes = both.messages.makeAsyncIterator()
        for _ in 0..<50 {
          try await both.send(shared)
          #expect(try await echoes.next()?.data.count == 40_000)
        }
        await both.finish()
        #expect(try await echoes.next() == nil)
      }
    }
  }

  @Test(
    "a message is sent at once as long as there is credit for it, never beyond, and in order",
    arguments: Transport.allCases)
  func sendsNow(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        let stream = try await channel.stream(TestMethods.echoStream)
        func message(_ number: Int) -> EncodedMessage<FetchChunk> {
          EncodedMessage(FetchChunk(offset: UInt64(number), data: [UInt8](repeating: 1, count: 10_000)))
        }
        // The echoes are not read, so that the credit runs out, however quick the other side is.
        var sent = 0
        while sent < 10_000, stream.sendNow(message(sent)) { sent += 1 }
        #expect((1..<10_000).contains(sent))
        let count = sent
        let rest = Task {
          try await stream.send(message(count))
          await stream.finish()
        }
        var next = 0
        for try await echo in stream.messages {
          #expect(echo.offset == UInt64(next))
          next += 1
        }
        try await rest.value
        #expect(next == count + 1)
        #expect(!stream.sendNow(message(0)), "the stream is over")
      }
    }
  }

  @Test("the server can call the client over the same connection", arguments: Transport.allCases)
  func callsBack(_ transport: Transport) async throws {
    try await withBus(transport, handlers: RPCHandlers()) { bus in
      let (client, key) = try bus.client(handlers: TestMethods.handlers())
      try await client.withConnection { _ in
        try await eventually("the server sees the client") { bus.server.channel(to: key) != nil }
        let channel = try #require(bus.server.channel(to: key))
        #expect(channel.peer == key)
        let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: 3))
        #expect(answer.offset == 3)
      }
    }
  }

  @Test(
    "calls of the server keep every promise of the client's: side by side with them, with errors, deadlines and an end",
    arguments: Transport.allCases)
  func callsBothWays(_ transport: Transport) async throws {
    let hanging = Box(0)
    let lost = Box<StatusCode?>(nil)
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      let (client, key) = try bus.client(handlers: TestMethods.handlers(hanging: hanging))
      try await client.withConnection { up in
        try await eventually("the server sees the client") { bus.server.channel(to: key) != nil }
        let down = try #require(bus.server.channel(to: key))
        try await withThrowingTaskGroup(of: Void.self) { group in
          for channel in [up, down] {
            for number in 0..<50 {
              group.addTask {
                let data = [UInt8](repeating: UInt8(number), count: number * 1000)
                let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: UInt64(number), data: data))
                #expect(answer.offset == UInt64(number) && answer.data == data)
              }
            }
          }
          try await group.waitForAll()
        }
        await expectCode(.permissionDenied) {
          _ = try await down.unary(TestMethods.fail, FetchRequest(offset: UInt64(StatusCode.permissionDenied.rawValue)))
        }
        // What an agent of an older version answers.
        await expectCode(.unimplemented) { _ = try await down.unary(ClusterService.diff, DiffRequest(id: "x")) }
        await expectCode(.deadlineExceeded) {
          _ = try await down.unary(TestMethods.hang, FetchRequest(), deadline: .milliseconds(100))
        }
        try await eventually("the handler is cancelled") { hanging.value == 0 }
        Task {
          do {
            _ = try await down.unary(TestMethods.hang, FetchRequest())
          } catch let error as RPCError {
            lost.update { $0 = error.code }
          }
        }
        try await eventually("the handler runs") { hanging.value == 1 }
      }
      try await eventually("a call ends with its connection, on both sides") {
        lost.value == .unavailable && hanging.value == 0
      }
    }
  }

  @Test(
    "a handler's error reaches the caller with code and message, any other as INTERNAL without its text",
    arguments: Transport.allCases)
  func errors(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        for code in StatusCode.allCases where code != .ok {
          let request = FetchRequest(digest: "x", offset: UInt64(code.rawValue))
          await expectCode(code) { _ = try await channel.unary(TestMethods.fail, request) }
        }
        do {
          _ = try await channel.unary(TestMethods.fail, FetchRequest())
          Issue.record("nothing was thrown")
        } catch let error as RPCError {
          #expect(error.code == .internal && !error.message.contains("secret"))
        }
        let missing = Method<FetchRequest, FetchChunk>("flotilla.test.No/Such")
        await expectCode(.unimplemented) { _ = try await channel.unary(missing, FetchRequest()) }
      }
    }
  }

  @Test("a deadline ends the call here and stops the work there", arguments: Transport.allCases)
  func deadline(_ transport: Transport) async throws {
    let hanging = Box(0)
    try await withBus(transport, handlers: TestMethods.handlers(hanging: hanging)) { bus in
      try await bus.client().client.withConnection { channel in
        let clock = ContinuousClock()
        let start = clock.now
        await expectCode(.deadlineExceeded) {
          _ = try await channel.unary(TestMethods.hang, FetchRequest(), deadline: .milliseconds(150))
        }
        #expect(clock.now - start >= .milliseconds(150) && clock.now - start < .seconds(5))
        try await eventually("the handler is cancelled") { hanging.value == 0 }
      }
    }
  }

  @Test("cancelling the caller's task ends the call and stops the work there", arguments: Transport.allCases)
  func cancellation(_ transport: Transport) async throws {
    let hanging = Box(0)
    try await withBus(transport, handlers: TestMethods.handlers(hanging: hanging)) { bus in
      try await bus.client().client.withConnection { channel in
        let call = Task { try await channel.unary(TestMethods.hang, FetchRequest()) }
        try await eventually("the handler runs") { hanging.value == 1 }
        call.cancel()
        await expectCode(.cancelled) { _ = try await call.value }
        try await eventually("the handler is cancelled") { hanging.value == 0 }
        // A stream that its user drops is ended, too.
        _ = try await channel.stream(TestMethods.echoStream)
        let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: 1))
        #expect(answer.offset == 1)
      }
    }
  }

  @Test("a stream that nobody reads blocks its sender and no other stream", arguments: Transport.allCases)
  func unreadStream(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        let unread = try await channel.stream(TestMethods.count)
        try await unread.send(FetchRequest(offset: 1_000_000))
        let sender = Task { () -> Int in
          // Our own sending on a stream whose handler is stuck sending to us stops, too.
          var sent = 0
          while true {
            try await unread.send(FetchRequest(digest: String(repeating: "x", count: 1000), offset: 1))
            sent += 1
          }
        }
        for number in 0..<1000 {
          let answer = try await channel.unary(
            TestMethods.echo, FetchChunk(offset: UInt64(number)), deadline: .seconds(10))
          #expect(answer.offset == UInt64(number))
        }
        sender.cancel()
        await expectCode(.cancelled) { _ = try await sender.value }
      }
    }
  }

  @Test("metadata, deadline and identity reach the handler", arguments: Transport.allCases)
  func context(_ transport: Transport) async throws {
    let seen = Box<RPCContext?>(nil)
    var handlers = RPCHandlers()
    handlers.unary(TestMethods.echo) { request, context in
      seen.update { $0 = context }
      return request
    }
    try await withBus(transport, handlers: handlers) { bus in
      let (client, key) = try bus.client(identity: "fleet-default/edge")
      try await client.withConnection { channel in
        _ = try await channel.unary(
          TestMethods.echo, FetchChunk(), deadline: .seconds(9), metadata: ["trace": Array("abc".utf8)])
      }
      let context = try #require(seen.value)
      #expect(context.peer == key && context.identity == "fleet-default/edge")
      #expect(context.metadata == ["trace": Array("abc".utf8)])
      #expect(context.deadline == .seconds(9) && context.method == TestMethods.echo.name)
    }
  }

  @Test(
    "a message beyond the limit is refused before it is sent, and the connection stays", arguments: Transport.allCases)
  func tooLarge(_ transport: Transport) async throws {
    try await withBus(transport, handlers: TestMethods.handlers()) { bus in
      try await bus.client().client.withConnection { channel in
        let large = FetchChunk(data: [UInt8](repeating: 0, count: WireLimits.payloadBytes))
        await expectCode(.resourceExhausted) { _ = try await channel.unary(TestMethods.echo, large) }
        let answer = try await channel.unary(TestMethods.echo, FetchChunk(offset: 1))
        #expect(answer.offset == 1)
      }
    }
  }
}
