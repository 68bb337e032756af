import KubeServer
import Store

/// One watch of the store, read step by step from a stream that a client pulls.
actor StoreEventPuller {
  private var iterator: StoreWatch.Iterator

  init(_ watch: StoreWatch) {
    iterator = watch.makeAsyncIterator()
  }

  /// The next change, or `.idle` after `Limits.watchIdle` without one, so that the client's revision stays young.
  func next() async throws -> StoreWatch.Step {
    // Taken out while it waits: only one reader pulls a stream.
    var iterator = iterator
    let step = try await iterator.next(within: Limits.watchIdle)
    self.iterator = iterator
    return step
  }
}

/// A watch of the API over the store's: what changed after a resourceVersion, as one kind's clients see it.
struct StoreBackedWatch: Sendable {
  let store: any Store
  let kind: ResourceKind
  /// The kinds in the store that objects of the API's kind are made of.
  let storedKinds: Set<String>

  /// Every change after the version (nil: after now) in the namespace (nil: in all), as `translate` tells it; nil from it is
  /// no change that clients see. Quiet times are bookmarks.
  func events(
    namespace: String?, resourceVersion: String?,
    translate: @escaping @Sendable (StoreEvent) async throws -> ResourceEvent?
  ) async throws -> AsyncThrowingStream<ResourceEvent, any Error> {
    let events: StoreEventPuller
    do {
      let after: Revision
      if let resourceVersion {
        after = try Revision(resourceVersion: resourceVersion)
      } else {
        after = await store.currentRevision()
      }
      events = StoreEventPuller(try store.watch(kinds: storedKinds, after: after))
    } catch {
      throw KubeError.from(error, kind: kind, name: "")
    }
    return AsyncThrowingStream(unfolding: {
      do {
        while true {
          switch try await events.next() {
          case .ended: return nil
          case .idle(let revision): return .bookmark(resourceVersion: String(revision.value))
          case .event(let event):
            guard namespace == nil || event.key.namespace == namespace else { continue }
            if let translated = try await translate(event) { return translated }
          }
        }
      } catch {
        throw KubeError.from(error, kind: kind, name: "")
      }
    })
  }
}

extension Revision {
  /// The revision that a client's resourceVersion means; throws `KubeError` `badRequest` where it is no number.
  init(resourceVersion text: String) throws {
    guard let value = UInt64(text) else { throw KubeError.badRequest("resourceVersion '\(text)' is not a number") }
    self.init(value)
  }
}
