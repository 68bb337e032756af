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
    let stale = try await stored(repository: repository).filter { result.mayPrune($0.name) }
    let overwrites = Overwrites.find(pruned: try await load(stale), made: result.bundles)
    for var bundle in result.bundles {
      bundle.spec.options.overwrites += overwrites[bundle.metadata.name] ?? []
      if let reason = try await write(bundle, repository: repository) {
        refused.append((bundle.metadata.name, reason))
      }
    }
    for name in stale {
      try await objects.delete(ObjectKey(kind: StoredKind.bundles, namespace: name.namespace, name: name.name))
    }
    return refused
  }

  /// Bundles with their files; those that cannot be read are left out.
  private func load(_ names: [ObjectName]) async throws -> [Bundle] {
    var bundles: [Bundle] = []
    for name in names {
      let key = ObjectKey(kind: StoredKind.bundles, namespace: name.namespace, name: name.name)
      guard let object = try await objects.get(key), var bundle = try? Bundle(object),
        let content = StoredContent(object["content"]), let manifest = try? await contents.manifest(content)
      else { continue }
      bundle.spec.resources = manifest.resources
      bundles.append(bundle)
    }
    return bundles
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

  /// Nil when written, otherwise why not. The Bundle and the Secret with its values change in one transaction.
  private func write(_ bundle: Bundle, repository: ObjectName) async throws -> String? {
    let (stripped, values) = try BundleValues.cut(bundle)
    let content = try await contents.put(bundle.manifest)
    var wanted = stripped.value
    wanted.set(nil, at: "spec", "resources")
    wanted.set(nil, at: "status")
    wanted["content"] = content.value
    let name = bundle.metadata.name
    let key = ObjectKey(kind: StoredKind.bundles, namespace: bundle.metadata.namespace, name: name)
    let secretKey = ObjectKey(kind: StoredKind.secrets, namespace: bundle.metadata.namespace, name: name)
    for _ in 0..<Limits.conflictRetries {
      let existing = try await objects.store.get(key)
      let old = try existing.map(ObjectRepository.document)
      if let old, let reason = Self.refusal(old, repository: repository) { return reason }
      let secret = try await objects.store.get(secretKey)
      let oldSecret = try secret.map(ObjectRepository.document)
      if !values.data.isEmpty, let oldSecret, BundleValues(secret: oldSecret) == nil {
        return "there is a Secret of this name, where the bundle's Helm values would be kept; rename one of them"
      }
      let document = old.map { Self.changed($0, to: wanted) } ?? objects.stamped(wanted)
      var writes: [Write] = []
      if document != old {
        let precondition = existing.map { Precondition.revision($0.revision) } ?? .absent
        writes.append(.put(key, ObjectRepository.body(of: document), if: precondition))
      }
      writes += Self.secretWrite(
        secretKey, values, stored: secret, old: oldSecret, owner: document, stamp: objects.stamped)
      if writes.isEmpty { return nil }
      do {
        _ = try await objects.store.commit(writes)
        return nil
      } catch let error as StoreError where [.conflict, .alreadyExists, .notFound].contains(error.code) {
        continue
      }
    }
    throw ManagerError(.conflict, "Bundle \(key.namespace)/\(name) kept changing while it was being written")
  }

  /// A stored Bundle with what the commit says; the generation counts changes of the spec or the files.
  private static func changed(_ old: Value, to wanted: Value) -> Value {
    var object = old
    object.set(wanted.at("metadata", "labels"), at: "metadata", "labels")
    for (name, value) in wanted.at("metadata", "annotations")?.object ?? [:] {
      object.set(value, at: "metadata", "annotations", name)
    }
    guard old["spec"] != wanted["spec"] || old["content"] != wanted["content"] else { return object }
    object["spec"] = wanted["spec"]
    object["content"] = wanted["content"]
    object.set(.integer((old.at("metadata", "generation")?.integer ?? 0) + 1), at: "metadata", "generation")
    return object
  }

  private static func secretWrite(
    _ key: ObjectKey, _ values: BundleValues, stored: StoredObject?, old: Value?, owner: Value,
    stamp: (Value) -> Value
  ) -> [Write] {
    guard !values.data.isEmpty else {
      guard let stored, old.flatMap(BundleValues.init(secret:)) != nil else { return [] }
      return [.delete(key, if: .revision(stored.revision))]
    }
    guard old.flatMap(BundleValues.init(secret:)) != values else { return [] }
    let made = values.secret(of: owner, over: old)
    let secret = old == nil ? stamp(made) : made
    return [.put(key, ObjectRepository.body(of: secret), if: stored.map { .revision($0.revision) } ?? .absent)]
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
