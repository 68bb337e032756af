import Document
import Store

/// Which histories the store's revisions belong to: one for every start of a manager on it, each from a revision on.
///
/// An agent remembers the history and the revision that it last completed. A store that was restored from a backup, or emptied, does
/// not have that pair in its past; one that was merely restarted does.
struct StoreLineage: Sendable, Equatable {
  private struct History: Sendable, Equatable {
    var id: String
    var start: UInt64
  }

  private static let key = ObjectKey(kind: StoredKind.lineage, namespace: "", name: "lineage")
  private var histories: [History]

  /// The history that revisions belong to from now on.
  var current: String { histories.last?.id ?? "" }

  /// Begins a history in the store.
  static func begin(in store: any Store) async throws -> StoreLineage {
    let stored = try await store.get(key)
    var lineage = StoreLineage(histories: [])
    for entry in try stored.map({ try JSON.parse($0.body, file: "lineage") })?.array ?? [] {
      guard let id = entry["id"]?.string, let text = entry["start"]?.string, let start = UInt64(text) else {
        throw ManagerError(.invalid, "the stored list of the manager's starts cannot be read")
      }
      lineage.histories.append(History(id: id, start: start))
    }
    lineage.begin(UUIDText.make(), at: await store.currentRevision().value)
    let entries = lineage.histories.map { ["id": .string($0.id), "start": .string(String($0.start))] as Value }
    let write = Write.put(key, JSON.encode(.array(entries)), if: stored.map { .revision($0.revision) } ?? .absent)
    _ = try await store.commit([write])
    return lineage
  }

  /// Adds a history that begins at a revision; of very many the oldest are forgotten.
  private mutating func begin(_ id: String, at revision: UInt64) {
    histories.append(History(id: id, start: revision))
    histories.removeFirst(max(0, histories.count - Limits.lineageEntries))
  }

  /// Whether a revision of a history is in this store's past.
  ///
  /// - Parameter now: the store's revision.
  func contains(_ id: String, revision: UInt64, now: UInt64) -> Bool {
    guard let index = histories.lastIndex(where: { $0.id == id }) else { return false }
    let end = index + 1 < histories.count ? histories[index + 1].start : now
    return revision <= end
  }
}
