import Document
import Fleet
import KubeServer
import Store

/// Content objects for the API: stored as a reference to a blob, served with the blob itself (fleet-behaviour §1.9).
struct ContentCodec: ObjectCodec {
  let store: any Store

  func served(_ stored: StoredObject) async throws -> Value {
    var object = try ObjectRepository.document(of: stored)
    guard let content = StoredContent(object["content"]) else { return object }
    object["content"] = nil
    guard let digest = BlobDigest(hex: content.digest), let blob = try await store.blob(digest) else { return object }
    object["content"] = .string(Base64.encode(blob))
    let manifest = try Gzip.decompress(blob, limit: Fleet.Limits.manifestBytes)
    object["sha256sum"] = .string(Digests.sha256Hex(manifest))
    return object
  }

  func stored(_ object: Value) async throws -> [UInt8] {
    throw KubeError(.forbidden, "Contents are made from Bundles; change the Bundle or its GitRepo instead")
  }
}
