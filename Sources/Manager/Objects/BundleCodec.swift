import Document
import Fleet
import Store

/// Keeps a Bundle's files out of its document: they are one compressed, content-addressed blob, the same bytes that agents
/// fetch, so that a status change does not copy them and equal contents are stored once.
///
/// Stored, `spec.resources` is replaced by a member `content` with the manifest's id and the blob's digest; served, it is back
/// in its place.
struct BundleCodec: ObjectCodec {
  let contents: ContentCache

  func served(_ stored: StoredObject) async throws -> Value {
    var object = try ObjectRepository.document(of: stored)
    guard let content = StoredContent(object["content"]) else { return object }
    object["content"] = nil
    let manifest = try await contents.manifest(content)
    object.set(.array(manifest.resources.map(\.value)), at: "spec", "resources")
    return object
  }

  func stored(_ object: Value) async throws -> [UInt8] {
    guard object.at("spec", "resources") != nil else { return ObjectRepository.body(of: object) }
    let spec = try BundleSpec(["resources": object.at("spec", "resources") ?? []])
    var object = object
    object.set(nil, at: "spec", "resources")
    object["content"] = try await contents.put(Manifest(resources: spec.resources)).value
    return ObjectRepository.body(of: object)
  }
}

/// Where a manifest is kept: its id (fleet-behaviour §3.6) and the digest of the blob with its gzip.
struct StoredContent: Hashable, Sendable {
  var id: String
  var digest: String
  /// Whether kustomize may have to build it; noted here, so that nobody reads the files to find out.
  var hasKustomization: Bool

  init(id: String, digest: String, hasKustomization: Bool) {
    self.id = id
    self.digest = digest
    self.hasKustomization = hasKustomization
  }

  init?(_ value: Value?) {
    guard let id = value?["id"]?.string, let digest = value?["digest"]?.string else { return nil }
    self.init(id: id, digest: digest, hasKustomization: value?["kustomization"]?.bool ?? false)
  }

  var value: Value {
    var value: Value = ["id": .string(id), "digest": .string(digest)]
    if hasKustomization { value["kustomization"] = true }
    return value
  }
}

/// Manifests in and out of the blob store; the last few read are kept, because a list or a watch asks for the same one often.
actor ContentCache {
  private let store: any Store
  private var recent: [(digest: String, manifest: Manifest)] = []

  init(store: any Store) { self.store = store }

  /// Stores a manifest's gzip; equal manifests share one blob.
  func put(_ manifest: Manifest) async throws -> StoredContent {
    let digest = try await store.putBlob(try manifest.blob())
    return StoredContent(id: manifest.id, digest: digest.hex, hasKustomization: manifest.hasKustomization)
  }

  /// The manifest of a stored content; throws where the blob is gone or not the one named.
  func manifest(_ content: StoredContent) async throws -> Manifest {
    if let hit = recent.first(where: { $0.digest == content.digest }) { return hit.manifest }
    guard let digest = BlobDigest(hex: content.digest), let blob = try await store.blob(digest) else {
      throw ManagerError(
        .unavailable, "the content \(content.id) is missing from the store; restore it or push a new commit")
    }
    let manifest = try Manifest(blob: blob, expecting: content.id)
    recent.append((content.digest, manifest))
    if recent.count > Limits.recentManifests { recent.removeFirst() }
    return manifest
  }
}
