import Testing

@testable import KubeServer

@Suite("the mailbox of a watch")
struct WatchMailboxTests {
  @Test("a producer waits while the consumer is slow, and nothing is lost or reordered")
  func backpressure() async throws {
    let mailbox = WatchMailbox(capacity: 4)
    async let produced: Void = {
      for number in 0..<1000 { _ = await mailbox.put(.bookmark(resourceVersion: String(number))) }
      mailbox.end(nil)
    }()
    var seen: [String] = []
    reading: while true {
      switch await mailbox.take() {
      case .events(let events):
        #expect(events.count <= 4)
        for case .bookmark(let version) in events { seen.append(version) }
      case .tick: Issue.record("nobody ticked")
      case .end: break reading
      }
    }
    await produced
    #expect(seen == (0..<1000).map(String.init))
  }

  @Test("the end is told after what came before it, refuses what comes after, and wakes who waits")
  func end() async throws {
    let mailbox = WatchMailbox(capacity: 1)
    #expect(await mailbox.put(.bookmark(resourceVersion: "1")))
    async let second = mailbox.put(.bookmark(resourceVersion: "2"))
    mailbox.end(.expired())
    #expect(await second == false)
    guard case .events = await mailbox.take(), case .end(let error) = await mailbox.take() else {
      Issue.record("wrong order")
      return
    }
    #expect(error?.code == .expired)
  }

  @Test("a consumer that is cancelled is told the end")
  func cancellation() async throws {
    let mailbox = WatchMailbox()
    let consumer = Task { await mailbox.take() }
    consumer.cancel()
    guard case .end(nil) = await consumer.value else {
      Issue.record("not ended")
      return
    }
  }
}
