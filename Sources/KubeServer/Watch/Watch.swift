import Document
import ServiceLifecycle

/// One watch: what was asked, and how it runs once the response's head is sent.
struct Watch: Sendable {
  /// Where a watch begins.
  enum Start: Sendable, Equatable {
    /// After a revision.
    case after(String)
    /// With everything there is, as `ADDED`.
    case everything
    /// The same, followed by a bookmark that says so.
    case everythingThenBookmark
  }

  let served: ServedKind
  let namespace: String?
  let selection: Selection
  let shape: Representation.Shape
  let bookmarks: Bool
  let start: Start
  let seconds: Int
  let clock: @Sendable () -> Int64

  /// The watch failed to write for too long; its connection is closed.
  struct Stuck: Error {}

  /// Runs until the client leaves (`mailbox.end`), the time is over, the server shuts down, or the storage fails.
  /// `write` sends bytes and waits while the client does not read.
  func run(mailbox: WatchMailbox, write: ([UInt8]) async throws -> Void) async throws {
    var encoder = WatchEncoder(
      served: served, selection: selection, shape: shape, bookmarks: bookmarks, version: "")
    let progress = WatchProgress()
    do {
      let version = try await begin(&encoder, write)
      let events = try await served.storage.watch(namespace: namespace, resourceVersion: version)
      encoder = WatchEncoder(
        served: served, selection: selection, shape: shape, bookmarks: bookmarks, version: version)
      if start == .everythingThenBookmark { try await write(encoder.bookmark(initialEnd: true)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await produce(events, mailbox) }
        group.addTask { try await tick(mailbox, progress) }
        try await withGracefulShutdownHandler {
          try await deliver(mailbox, encoder, progress, write)
        } onGracefulShutdown: {
          mailbox.end(nil)
        }
        group.cancelAll()
      }
    } catch let error as KubeError {
      try await write(WatchEncoder.error(error))
    }
  }

  /// Sends the initial state, if it was asked for, and returns the revision to go on from.
  private func begin(_ encoder: inout WatchEncoder, _ write: ([UInt8]) async throws -> Void) async throws -> String {
    if case .after(let version) = start { return version }
    var token: String?
    var version = ""
    repeat {
      let page = try await served.storage.list(namespace: namespace, limit: Limits.pageObjects, continue: token)
      let now = clock()
      var bytes: [UInt8] = []
      for object in page.items { bytes += encoder.initial(object, now: now) ?? [] }
      if !bytes.isEmpty { try await write(bytes) }
      version = page.resourceVersion
      token = page.continue
    } while token != nil
    return version
  }

  private func produce(_ events: AsyncThrowingStream<ResourceEvent, any Error>, _ mailbox: WatchMailbox) async {
    do {
      for try await event in events {
        guard await mailbox.put(event) else { return }
      }
      mailbox.end(nil)
    } catch let error as KubeError {
      mailbox.end(error)
    } catch is CancellationError {
      mailbox.end(nil)
    } catch {
      mailbox.end(.internalError("the watch ended: \(error)", cause: error))
    }
  }

  private func tick(_ mailbox: WatchMailbox, _ progress: WatchProgress) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(seconds))
    while clock.now < end {
      try await clock.sleep(until: min(end, clock.now.advanced(by: .seconds(Limits.bookmarkSeconds))))
      if progress.isStuck(now: clock.now) { throw Stuck() }
      if bookmarks { mailbox.tick() }
    }
    mailbox.end(nil)
  }

  private func deliver(
    _ mailbox: WatchMailbox, _ encoder: WatchEncoder, _ progress: WatchProgress,
    _ write: ([UInt8]) async throws -> Void
  ) async throws {
    var encoder = encoder
    while true {
      var bytes: [UInt8] = []
      let delivery = await mailbox.take()
      switch delivery {
      case .events(let events):
        let now = clock()
        for event in events { bytes += encoder.line(for: event, now: now) ?? [] }
      case .tick: bytes = encoder.bookmark()
      case .end(let error):
        if let error { bytes = WatchEncoder.error(error) }
      }
      if !bytes.isEmpty {
        progress.beginWrite(now: ContinuousClock.now)
        try await write(bytes)
        progress.endWrite()
      }
      if case .end = delivery { return }
    }
  }
}
