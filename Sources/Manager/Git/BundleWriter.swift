import Document
import Fleet
import Store

/// Makes the stored Bundles of one GitRepo equal to what was built from a commit (fleet-behaviour §2.8): new ones are created,
/// changed ones updated, and those the commit no longer has deleted. An unchanged Bundle is not written.
struct BundleWriter: Sendable {
  let objects: ObjectRepository
  let contents: ContentCache

  /// Writes what was built of a repository. Bundles whose directories could not be built stay as they are.
  ///
  /// Returns what could not be written, as bundle name and reason.
  func write(_ result: BuildResult, repository: ObjectName) async throws -> [(bundle: String, reason: String)] {
    var refused: [(bundle: String, reason: String)] = []
    for bundle in result.bundles {
      if let reason = try await write(bundle, repository: repository) {
        refused.append((bundle.metadata.name, reason))
      }
    }
    for stale in try await stored(repository: repository) where result.mayPrune(stale.name) {
      try await objects.delete(ObjectKey(kind: StoredKind.bundles, namespace: stale.namespace, name: stale.name))
    }
    return refused
  }

  /// Deletes every Bundle of a repository; returns how many are still there, on their way out.
  func deleteAll(repository: ObjectName) async throws -> Int {
    let bundles = try await stored(repository: repository)
    for bundle in bundles {
      try await objects.delete(ObjectKey(kind: StoredKind.bundles, namespace: bundle.namespace, name: bundle.name))
    }
    return try await stored(repository: repository).count
  }

  private func stored(repository: ObjectName) async throws -> [ObjectName] {
    try await objects.list(kind: StoredKind.bundles, namespace: repository.namespace).compactMap { object in
      guard object.at("metadata", "labels", FleetLabels.repoName)?.string == repository.name,
        let name = object.at("metadata", "name")?.string
      else { return nil }
      return ObjectName(namespace: repository.namespace, name: name)
    }
  }

  /// Nil when written, otherwise why not.
  private func write(_ bundle: Bundle, repository: ObjectName) async throws -> String? {
    let content = try await contents.put(bundle.manifest)
    var object = bundle.value
    object.set(nil, at: "spec", "resources")
    object.set(nil, at: "status")
    object["content"] = content.value
    let wanted = object
    if try await objects.createIfAbsent(wanted, kind: StoredKind.bundles) { return nil }
    let key = ObjectKey(kind: StoredKind.bundles, namespace: bundle.metadata.namespace, name: bundle.metadata.name)
    if let existing = try await objects.get(key), let reason = Self.refusal(existing, repository: repository) {
      return reason
    }
    try await objects.mutate(key) { existing in
      guard Self.refusal(existing, repository: repository) == nil else { return }
      let changed = existing["spec"] != wanted["spec"] || existing["content"] != wanted["content"]
      existing.set(wanted.at("metadata", "labels"), at: "metadata", "labels")
      if let annotations = wanted.at("metadata", "annotations")?.object {
        for (name, value) in annotations { existing.set(value, at: "metadata", "annotations", name) }
      }
      guard changed else { return }
      existing["spec"] = wanted["spec"]
      existing["content"] = content.value
      existing.set(.integer((existing.at("metadata", "generation")?.integer ?? 0) + 1), at: "metadata", "generation")
    }
    return nil
  }

  private static func refusal(_ existing: Value, repository: ObjectName) -> String? {
    if existing.at("metadata", "deletionTimestamp") != nil {
      return "the bundle of this name is being deleted; it is made again once it is gone"
    }
    if existing.at("spec", "helmOpOptions") != nil {
      return "the bundle of this name belongs to a HelmOp; rename one of them"
    }
    if let owner = existing.at("metadata", "labels", FleetLabels.repoName)?.string, owner != repository.name {
      return "the bundle of this name belongs to GitRepo \(owner); rename one of them"
    }
    return nil
  }
}
