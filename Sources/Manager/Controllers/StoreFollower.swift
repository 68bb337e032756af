import Logging
import Store

/// One change as a controller sees it: the object as it now is, nil when it is gone, and the revision that made it so.
struct ObjectChange: Sendable {
  let key: ObjectKey
  let object: StoredObject?
  let revision: Revision
}

/// Feeds a controller everything of some kinds: first all there is, then every change in order, for as long as it runs.
///
/// A change may be seen twice around the switch from the listing to the watch, and never out of order for one key: a
/// receiver that ignores revisions it knows sees each once. When the store has compacted what was missed, everything is
/// listed again, and what vanished in between is told as gone.
struct StoreFollower: Sendable {
  let store: any Store
  let kinds: [String]
  let logger: Logger

  /// Runs until cancelled. `synced` is called after each complete listing.
  func run(
    change: @Sendable ([ObjectChange]) async -> Void, synced: @Sendable () async -> Void = {}
  ) async throws {
    var known: Set<ObjectKey> = []
    while true {
      let start = await store.currentRevision()
      let watch: StoreWatch
      do {
        watch = try store.watch(kinds: Set(kinds), after: start)
      } catch let error as StoreError where error.code == .compacted {
        continue
      }
      var seen: Set<ObjectKey> = []
      for kind in kinds {
        var after: ObjectKey?
        repeat {
          let page = try await store.list(kind: kind, namespace: nil, limit: 500, after: after)
          await change(page.objects.map { ObjectChange(key: $0.key, object: $0, revision: $0.revision) })
          seen.formUnion(page.objects.map(\.key))
          after = page.next
        } while after != nil
      }
      let vanished = known.subtracting(seen)
      if !vanished.isEmpty {
        await change(vanished.map { ObjectChange(key: $0, object: nil, revision: start) })
      }
      known = seen
      await synced()
      do {
        var events = watch.makeAsyncIterator()
        while let page = try await events.nextPage() {
          for event in page {
            if event.object == nil { known.remove(event.key) } else { known.insert(event.key) }
          }
          await change(page.map { ObjectChange(key: $0.key, object: $0.object, revision: $0.revision) })
        }
        try Task.checkCancellation()
        return
      } catch let error as StoreError where error.code == .compacted {
        logger.info(
          "a controller fell behind the store's history and lists everything again", metadata: ["kinds": "\(kinds)"])
      }
    }
  }
}
