import Document
import Fleet
import Foundation
import Logging
import ServiceLifecycle
import Store

/// Removes content and options that nothing refers to any more (fleet-behaviour §3.6, checklist K14): blobs, the Content
/// objects that name them, and old Events. What was written lately stays, so that a write under way finds what it is about to refer to.
struct GarbageCollector: Service {
  let objects: ObjectRepository
  let logger: Logger

  func run() async throws {
    try await untilShutdown {
      while true {
        try await Task.sleep(for: Limits.garbageInterval)
        do {
          try await EventRecorder(objects: objects).expire()
          try await collect(before: Date(timeIntervalSinceNow: -Double(Limits.unreferencedBlobSeconds)))
        } catch let error as StoreError {
          logger.warning("collecting unreferenced content failed; it is tried again", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  /// Removes what is unreferenced and was stored before the instant.
  func collect(before: Date) async throws {
    let candidates = try await objects.store.blobDigests(storedBefore: before)
    let references = try await references()
    for object in try await objects.list(kind: StoredKind.contents) {
      guard let name = object.at("metadata", "name")?.string, !references.contents.contains(name),
        let created = object.at("metadata", "creationTimestamp")?.string.flatMap({ Timestamp($0) }),
        Double(created.seconds) < before.timeIntervalSince1970
      else { continue }
      try await objects.delete(ObjectKey(kind: StoredKind.contents, namespace: "", name: name))
    }
    let unreferenced = candidates.filter { !references.blobs.contains($0.hex) }
    guard !unreferenced.isEmpty else { return }
    let deleted = try await objects.store.deleteBlobs(unreferenced, storedBefore: before)
    logger.info("unreferenced content removed", metadata: ["blobs": "\(deleted.count)"])
  }

  private func references() async throws -> (blobs: Set<String>, contents: Set<String>) {
    var blobs: Set<String> = []
    var contents: Set<String> = []
    try await forEach(StoredKind.bundleDeployments) { stored in
      guard let record = try? DeploymentRecord(stored) else { return }
      for version in [record.current, record.staged].compactMap(\.self) {
        blobs.formUnion([version.content, version.payload])
        contents.insert(DeploymentID.manifestID(of: version.deploymentID))
      }
    }
    try await forEach(StoredKind.bundles) { stored in
      guard let content = StoredContent(try JSON.parse(stored.body)["content"]) else { return }
      blobs.insert(content.digest)
      contents.insert(content.id)
    }
    return (blobs, contents)
  }

  private func forEach(_ kind: String, _ visit: (StoredObject) throws -> Void) async throws {
    var after: ObjectKey?
    repeat {
      let page = try await objects.store.list(kind: kind, namespace: nil, limit: 500, after: after)
      try page.objects.forEach(visit)
      after = page.next
    } while after != nil
  }
}
