import Foundation
import Store
import Synchronization
import Testing

@Suite("Blobs")
struct BlobConformanceTests {
  @Test("a blob is read back whole and in parts, under the digest that sha256sum prints", arguments: StoreBackend.all)
  func reading(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      let digest = try await store.putBlob(Array(text: "abc"))
      #expect(digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
      let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      let large = try await store.putBlob(bytes)
      #expect(large == BlobDigest(of: bytes) && BlobDigest(hex: large.hex) == large)
      #expect(try await store.blob(large) == bytes)
      #expect(try await store.blobSize(large) == bytes.count)
      #expect(try await store.blob(large, offset: 999_990, count: 100) == Array(bytes.suffix(13)))
      #expect(try await store.blob(large, offset: 12_345, count: 10) == Array(bytes[12_345..<12_355]))
      #expect(try await store.blob(large, offset: 2_000_000, count: 10) == [])
      let empty = try await store.putBlob([])
      #expect(try await store.blob(empty) == [])
      let missing = BlobDigest(of: [1])
      #expect(try await store.blob(missing) == nil)
      #expect(try await store.blobSize(missing) == nil)
      #expect(try await store.blob(missing, offset: 0, count: 1) == nil)
      let tooLarge = [UInt8](repeating: 0, count: StoreLimits.blobBytes + 1)
      #expect(try await code { _ = try await store.putBlob(tooLarge) } == .limitExceeded)
    }
  }

  @Test("a blob that was put again is not collected by who looked before", arguments: StoreBackend.all)
  func collection(backend: StoreBackend) async throws {
    let time = Mutex(Date(timeIntervalSince1970: 1_000_000))
    var configuration = SQLiteStoreConfiguration.quiet
    configuration.now = { time.withLock { $0 } }
    try await backend.withStore(configuration) { store, _ in
      let (old, again) = (try await store.putBlob([1]), try await store.putBlob([2]))
      time.withLock { $0 += 3600 }
      let young = try await store.putBlob([3])
      let limit = Date(timeIntervalSince1970: 1_000_000 + 60)
      let candidates = try await store.blobDigests(storedBefore: limit)
      #expect(candidates == [old, again].sorted())
      #expect(try await store.putBlob([2]) == again)
      #expect(try await store.deleteBlobs(candidates + [BlobDigest(of: [9])], storedBefore: limit) == [old])
      #expect(try await store.blobDigests(storedBefore: .distantFuture) == [again, young].sorted())
      #expect(try await store.deleteBlobs([again, young, old]).count == 2)
    }
  }

  @Test("many writers of the same blobs leave one good copy each", arguments: StoreBackend.all)
  func racing(backend: StoreBackend) async throws {
    try await backend.withStore { store, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 {
          group.addTask { _ = try await store.putBlob([UInt8](repeating: UInt8(index % 5), count: 50_000)) }
        }
        try await group.waitForAll()
      }
      let digests = try await store.blobDigests(storedBefore: .distantFuture)
      #expect(digests.count == 5)
      for digest in digests { #expect(try await store.blob(digest)?.count == 50_000) }
    }
  }
}
