import Document
import Fleet
import Foundation
import Kustomizer
import Logging
import ServiceLifecycle
import Store
import TestSupport
import Wire

@testable import Manager

/// The manager's controllers over a real store in a directory of their own, without bus and API.
final class ControllerBench: Sendable {
  let directory: URL
  let store: SQLiteStore
  let objects: ObjectRepository
  let contents: ContentCache
  private let task: Task<Void, Never>

  /// A bench; `charts` makes what fetches charts from elsewhere, which nothing does otherwise.
  init(charts: (DataDirectory) -> ChartSupplier? = { _ in nil }) async throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "flotilla-manager-\(UUIDText.make())")
    let data = try DataDirectory(directory.path)
    let store = try await SQLiteStore(path: data.database)
    let objects = ObjectRepository(store: store)
    let contents = ContentCache(store: store)
    self.store = store
    self.objects = objects
    self.contents = contents
    try await Bootstrap(objects: objects, localCluster: true).run()
    var logger = Logger(label: "test")
    logger.logLevel = .error
    let services: [any Service] = [
      ClusterController(objects: objects, admissions: KeyAdmissions(KeyDirectory()), logger: logger),
      BundleController(
        objects: objects, builds: KustomizeBuilds(kustomizer: Kustomizer(), contents: contents), templates: nil,
        logger: logger),
      SummaryController(objects: objects, logger: logger),
      GitRepoController(
        objects: objects, contents: contents, directory: data.git, timeout: .seconds(10),
        charts: charts(data), events: EventRecorder(objects: objects), logger: logger),
    ]
    let quiet = logger
    task = Task {
      await withTaskGroup(of: Void.self) { group in
        for service in services {
          group.addTask {
            do { try await service.run() } catch is CancellationError {} catch { quiet.critical("\(error)") }
          }
        }
      }
    }
  }

  func stop() async {
    task.cancel()
    await task.value
    try? await store.close()
    try? FileManager.default.removeItem(at: directory)
  }

  func key(_ kind: String, _ namespace: String, _ name: String) -> ObjectKey {
    ObjectKey(kind: kind, namespace: namespace, name: name)
  }

  /// The object once it satisfies a condition; nil after the deadline.
  func object(
    _ key: ObjectKey, within deadline: Duration = .seconds(60), where condition: @Sendable (Value) -> Bool
  ) async throws -> Value? {
    let end = ContinuousClock.now + deadline
    let start = await store.currentRevision()
    if let object = try await objects.get(key), condition(object) { return object }
    var iterator = try store.watch(kinds: [key.kind], after: start).makeAsyncIterator()
    while ContinuousClock.now < end {
      if let object = try await objects.get(key), condition(object) { return object }
      _ = try await iterator.next(within: .milliseconds(200))
    }
    return nil
  }

  /// What `read` finds once that satisfies a condition, or at the deadline.
  func settled<Found>(
    within deadline: Duration = .seconds(60), _ read: (ObjectRepository) async throws -> Found,
    until condition: (Found) -> Bool
  ) async throws -> Found {
    let end = ContinuousClock.now + deadline
    var iterator = try store.watch(kinds: [], after: await store.currentRevision()).makeAsyncIterator()
    var found = try await read(objects)
    while !condition(found), ContinuousClock.now < end {
      _ = try await iterator.next(within: .milliseconds(200))
      found = try await read(objects)
    }
    return found
  }

  /// True once the object is gone.
  func isGone(_ key: ObjectKey, within deadline: Duration = .seconds(60)) async throws -> Bool {
    let end = ContinuousClock.now + deadline
    var iterator = try store.watch(kinds: [key.kind], after: await store.currentRevision()).makeAsyncIterator()
    while ContinuousClock.now < end {
      if try await objects.get(key) == nil { return true }
      _ = try await iterator.next(within: .milliseconds(200))
    }
    return false
  }

  /// Makes a git repository of some files and returns its `file://` address.
  func repository(_ files: [String: String]) async throws -> URL {
    let root = directory.appending(path: "repository-\(UUIDText.make())")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try await git(root, "init", "-q", "-b", "main")
    try await commit(files, to: root)
    return root
  }

  /// Writes files into a repository and commits them.
  func commit(_ files: [String: String], to root: URL) async throws {
    for (path, text) in files {
      let file = root.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try await git(root, "add", "-A")
    try await git(root, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "change")
  }

  private func git(_ root: URL, _ arguments: String...) async throws {
    try await Command(["git", "-C", root.path] + arguments).checked()
  }
}
