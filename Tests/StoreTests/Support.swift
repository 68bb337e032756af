import Foundation
import Store
import Testing

/// A store to test. Every promise in the conformance suites holds for each of them.
struct StoreBackend: Sendable, CustomTestStringConvertible {
  let name: String
  /// Opens the store that lives in a directory.
  let open: @Sendable (_ directory: String, _ configuration: SQLiteStoreConfiguration) async throws -> any Store
  /// Closes it, so that it can be opened again.
  let close: @Sendable (any Store) async throws -> Void

  var testDescription: String { name }

  static let sqlite = StoreBackend(
    name: "SQLite", open: { try await SQLiteStore(path: $0, configuration: $1) },
    close: { try await ($0 as? SQLiteStore)?.close() })

  static let all = [sqlite]

  /// Runs the body with a new store, and removes it afterwards.
  func withStore(
    _ configuration: SQLiteStoreConfiguration = .quiet, _ body: (any Store, String) async throws -> Void
  ) async throws {
    try await withDirectory { directory in
      let store = try await open(directory, configuration)
      try await body(store, directory)
      try await close(store)
    }
  }
}

extension SQLiteStoreConfiguration {
  /// Production's, but compacting only when told to.
  static var quiet: SQLiteStoreConfiguration {
    SQLiteStoreConfiguration(compaction: Compaction(interval: nil))
  }
}

/// Runs the body with a new directory, and removes it afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
  defer { try? FileManager.default.removeItem(atPath: directory) }
  try await body(directory)
}

/// The code of the store's error that the body throws; nil when it throws none.
func code(_ body: () async throws -> Void) async throws -> StoreError.Code? {
  do {
    try await body()
    return nil
  } catch let error as StoreError {
    return error.code
  }
}

/// The next events of a watch; fails when they do not come in time.
func take(_ count: Int, _ iterator: inout StoreWatch.Iterator, within time: Duration = .seconds(30)) async throws
  -> [StoreEvent]
{
  var events: [StoreEvent] = []
  while events.count < count {
    guard case .event(let event) = try await iterator.next(within: time) else {
      Issue.record("\(events.count) of \(count) events came")
      return events
    }
    events.append(event)
  }
  return events
}

/// All events that are there after a revision.
func drain(_ store: any Store, after: Revision = .zero, kinds: Set<String> = []) async throws -> [StoreEvent] {
  var iterator = try store.watch(kinds: kinds, after: after).makeAsyncIterator()
  var events: [StoreEvent] = []
  while case .event(let event) = try await iterator.next(within: .milliseconds(1)) { events.append(event) }
  return events
}

extension ObjectKey {
  static func pod(_ name: String, in namespace: String = "default") -> ObjectKey {
    ObjectKey(kind: "Pod", namespace: namespace, name: name)
  }
}

extension [UInt8] {
  init(text: String) {
    self = Array(text.utf8)
  }
}

/// SplitMix64: the same schedule for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
