import Foundation
import Store
import Testing

@Suite("SQLite: damage, full disks and foreign files")
struct SQLiteFaultTests {
  @Test("a second manager on the same directory is refused and told who has it")
  func locked() async throws {
    try await withDirectory { directory in
      let first = try await SQLiteStore(path: directory, configuration: .quiet)
      let error = await #expect(throws: StoreError.self) {
        _ = try await SQLiteStore(path: directory, configuration: .quiet)
      }
      #expect(error?.code == .locked && error?.message.contains("process \(getpid())") == true)
      try await first.close()
      let second = try await SQLiteStore(path: directory, configuration: .quiet)
      try await second.close()
    }
  }

  @Test("files that are not a store of this version are refused, and left as they are")
  func foreign() async throws {
    let cases: [(String, StoreError.Code, String)] = [
      (
        "PRAGMA application_id = 0x464c4f54; PRAGMA user_version = 99; CREATE TABLE t (a)", .unsupportedSchema,
        "version 99"
      ),
      ("CREATE TABLE t (a)", .unsupportedSchema, "another program"),
    ]
    for (statements, expected, text) in cases {
      try await withDirectory { directory in
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let file = directory + "/store.sqlite"
        try run("/usr/bin/sqlite3", [file, statements])
        let error = await #expect(throws: StoreError.self) { _ = try await SQLiteStore(path: directory) }
        #expect(error?.code == expected && error?.message.contains(text) == true, "\(String(describing: error))")
      }
    }
    try await withDirectory { directory in
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let noise = Data(repeating: 0x41, count: 10_000)
      try noise.write(to: URL(fileURLWithPath: directory + "/store.sqlite"))
      #expect(try await code { _ = try await SQLiteStore(path: directory) } == .corrupt)
      #expect(try Data(contentsOf: URL(fileURLWithPath: directory + "/store.sqlite")) == noise)
    }
    #expect(try await code { _ = try await SQLiteStore(path: "/dev/null/store") } == .unavailable)
  }

  @Test("a flipped bit in a body is found when the object is read, and named; others are not affected")
  func flippedBit() async throws {
    try await withDirectory { directory in
      var store = try await SQLiteStore(path: directory, configuration: .quiet)
      _ = try await store.commit([
        .put(.pod("good"), Array(text: "good")), .put(.pod("bad"), Array(text: "needle-0123456789")),
      ])
      try await store.close()
      let file = URL(fileURLWithPath: directory + "/store.sqlite")
      var bytes = try Data(contentsOf: file)
      let place = try #require(bytes.range(of: Data("needle-0123456789".utf8)))
      bytes[place.lowerBound + 3] ^= 1
      try bytes.write(to: file)
      store = try await SQLiteStore(path: directory, configuration: .quiet)
      let error = await #expect(throws: StoreError.self) { _ = try await store.get(.pod("bad")) }
      #expect(error?.code == .corrupt && error?.key == .pod("bad"))
      #expect(try await store.get(.pod("good")) != nil)
      #expect(try await code { _ = try await store.list(kind: "Pod") } == .corrupt)
      try await store.close()
    }
  }

  @Test("a damaged blob is refused, and putting it again repairs it")
  func damagedBlob() async throws {
    try await withDirectory { directory in
      let store = try await SQLiteStore(path: directory, configuration: .quiet)
      let digest = try await store.putBlob([1, 2, 3])
      let file = "\(directory)/blobs/\(digest.hex.prefix(2))/\(digest.hex)"
      for damage in [Data([1, 2]), Data([1, 2, 4])] {
        try damage.write(to: URL(fileURLWithPath: file))
        let error = await #expect(throws: StoreError.self) { _ = try await store.blob(digest) }
        #expect(error?.code == .corrupt && error?.message.contains(digest.hex) == true)
        _ = try await store.putBlob([1, 2, 3])
        #expect(try await store.blob(digest) == [1, 2, 3])
      }
      try await store.close()
    }
  }

  @Test("secrets in the store are readable by its owner alone")
  func modes() async throws {
    try await withDirectory { directory in
      let store = try await SQLiteStore(path: directory, configuration: .quiet)
      _ = try await store.commit([.put(.pod("a"), [])])
      let digest = try await store.putBlob([1])
      let names = ["", "/store.sqlite", "/store.sqlite-wal", "/blobs", "/blobs/\(digest.hex.prefix(2))/\(digest.hex)"]
      for name in names {
        let mode = try FileManager.default.attributesOfItem(atPath: directory + name)[.posixPermissions] as? Int
        #expect((mode ?? 0o777) & 0o077 == 0, "\(name)")
      }
      try await store.close()
    }
  }

  @Test("on a full database a commit fails as a whole, nothing acknowledged is lost, and deleting makes it work again")
  func fullDatabase() async throws {
    try await withDirectory { directory in
      var configuration = SQLiteStoreConfiguration(compaction: .init(keepRevisions: 0, keepAge: .zero, interval: nil))
      configuration.maximumBytes = 1 << 20
      let store = try await SQLiteStore(path: directory, configuration: configuration)
      var acknowledged = 0
      let failure = try await code {
        while true {
          _ = try await store.commit([
            .put(.pod("\(acknowledged)-a"), [UInt8](repeating: 1, count: 20_000)),
            .put(.pod("\(acknowledged)-b"), [UInt8](repeating: 2, count: 20_000)),
          ])
          acknowledged += 1
        }
      }
      #expect(failure == .storageFull && acknowledged > 5)
      let objects = try await store.list(kind: "Pod").objects
      #expect(objects.count == acknowledged * 2 && objects.allSatisfy { $0.body.count == 20_000 })
      #expect(await store.currentRevision() == Revision(UInt64(acknowledged * 2)))
      // A deletion keeps the object in the history until that is compacted, which frees room without needing any.
      try await store.compact()
      _ = try await store.commit([.delete(.pod("0-a"))])
      try await store.compact()
      _ = try await store.commit([.put(.pod("again"), [1])])
      #expect(try await drain(store, after: Revision(UInt64(acknowledged * 2 + 1))).map(\.key.name) == ["again"])
      try await store.close()
    }
  }

  @Test(
    "on a full disk commits and blobs fail clearly, and work again once there is space", .enabled(if: Mount.isPossible))
  func fullDisk() async throws {
    try await withDirectory { directory in
      let mount = try Mount(directory, bytes: 6 << 20)
      defer { mount.remove() }
      let store = try await SQLiteStore(path: directory + "/data", configuration: .quiet)
      let filler = directory + "/filler"
      _ = try await store.commit([.put(.pod("before"), [1])])
      try run("/bin/sh", ["-c", "dd if=/dev/zero of='\(filler)' bs=64k 2>/dev/null || true"])
      let body = [UInt8](repeating: 7, count: 300_000)
      var acknowledged = 0
      let failure = try await code {
        while true {
          _ = try await store.commit([.put(.pod("\(acknowledged)"), body)])
          acknowledged += 1
        }
      }
      #expect(failure == .storageFull)
      #expect(try await code { _ = try await store.putBlob([UInt8](repeating: 1, count: 3_000_000)) } == .storageFull)
      #expect(try await store.get(.pod("before"))?.body == [1])
      try FileManager.default.removeItem(atPath: filler)
      let after = try await store.commit([.put(.pod("after"), body)])
      #expect(after.revision == Revision(UInt64(acknowledged + 2)))
      let digest = try await store.putBlob([UInt8](repeating: 1, count: 300_000))
      #expect(try await store.blob(digest)?.count == 300_000)
      try await store.close()
      let again = try await SQLiteStore(path: directory + "/data", configuration: .quiet)
      #expect(try await again.list(kind: "Pod").objects.count == acknowledged + 2)
      try await again.close()
    }
  }
}

/// A small file system of its own.
struct Mount {
  private let directory: String

  /// Whether this machine lets us mount: root, outside of a locked-down container.
  static let isPossible: Bool = {
    let probe = FileManager.default.temporaryDirectory.appendingPathComponent("mount-\(UUID().uuidString)").path
    guard let mount = try? Mount(probe, bytes: 1 << 20) else { return false }
    mount.remove()
    try? FileManager.default.removeItem(atPath: probe)
    return true
  }()

  init(_ directory: String, bytes: Int) throws {
    self.directory = directory
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", directory])
  }

  func remove() {
    try? run("/bin/umount", ["-l", directory])
  }
}
