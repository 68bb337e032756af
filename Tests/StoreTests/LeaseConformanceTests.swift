import Foundation
import Store
import Synchronization
import Testing

@Suite("Leases")
struct LeaseConformanceTests {
  /// A clock that stands still until it is moved.
  final class ManualClock: Sendable {
    private let time = Mutex(Duration.zero)
    var now: Duration { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 += duration } }
  }

  private func configuration(_ clock: ManualClock) -> SQLiteStoreConfiguration {
    var configuration = SQLiteStoreConfiguration.quiet
    configuration.uptime = { clock.now }
    return configuration
  }

  @Test("a lease has one holder until it expires, and a renewal makes it last", arguments: StoreBackend.all)
  func exclusion(backend: StoreBackend) async throws {
    let clock = ManualClock()
    try await backend.withStore(configuration(clock)) { store, _ in
      let first = try #require(try await store.acquireLease(name: "leader", holder: "a", duration: .seconds(10)))
      #expect(try await store.acquireLease(name: "leader", holder: "b", duration: .seconds(10)) == nil)
      #expect(try await store.acquireLease(name: "other", holder: "b", duration: .seconds(10)) != nil)
      clock.advance(by: .seconds(9))
      #expect(try await store.renewLease(first))
      clock.advance(by: .seconds(9))
      #expect(try await store.acquireLease(name: "leader", holder: "b", duration: .seconds(10)) == nil)
      clock.advance(by: .seconds(1))
      let second = try #require(try await store.acquireLease(name: "leader", holder: "b", duration: .seconds(10)))
      #expect(second.token > first.token)
      #expect(try await store.renewLease(first) == false)
    }
  }

  @Test("a commit under a lease that somebody acquired anew writes nothing", arguments: StoreBackend.all)
  func fencing(backend: StoreBackend) async throws {
    let clock = ManualClock()
    try await backend.withStore(configuration(clock)) { store, _ in
      let old = try #require(try await store.acquireLease(name: "leader", holder: "a", duration: .seconds(1)))
      _ = try await store.commit([.put(.pod("a"), [1])], fence: old)
      let new = try #require(try await store.acquireLease(name: "leader", holder: "a", duration: .seconds(1)))
      #expect(try await code { _ = try await store.commit([.put(.pod("a"), [2])], fence: old) } == .fenced)
      try await store.releaseLease(old)
      #expect(try await store.renewLease(new), "an old lease cannot release the new one")
      try await store.releaseLease(new)
      #expect(try await code { _ = try await store.commit([.put(.pod("a"), [3])], fence: new) } == .fenced)
      #expect(try await store.acquireLease(name: "leader", holder: "b", duration: .seconds(1)) != nil)
      #expect(try await store.get(.pod("a"))?.body == [1])
    }
  }

  @Test("tokens keep growing across restarts, and a dead process holds nothing", arguments: StoreBackend.all)
  func restart(backend: StoreBackend) async throws {
    try await withDirectory { directory in
      var store = try await backend.open(directory, .quiet)
      let before = try #require(try await store.acquireLease(name: "l", holder: "a", duration: .seconds(3600)))
      try await backend.close(store)
      store = try await backend.open(directory, .quiet)
      let after = try #require(try await store.acquireLease(name: "l", holder: "b", duration: .seconds(3600)))
      #expect(after.token > before.token)
      #expect(try await store.renewLease(before) == false)
      try await backend.close(store)
    }
  }
}
