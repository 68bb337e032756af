import Crypto
import Foundation
import GRDB

/// A body on its way to or from a row, with the checksum that guards it while it lies there.
struct StoredBody {
  let bytes: [UInt8]
  let checksum: Int64

  init(_ bytes: [UInt8], of key: ObjectKey) {
    self.bytes = bytes
    self.checksum = Self.checksum(of: bytes, key)
  }

  /// The body in columns `checksum`, `checksum + 1` of the row; throws ``StoreError/Code/corrupt`` when they do not fit.
  init(_ row: Row, checksumAt index: Int, of key: ObjectKey) throws {
    checksum = row[index]
    bytes = try row.withUnsafeData(atIndex: index + 1) { data in data.map(Array.init) ?? [] }
    guard checksum == Self.checksum(of: bytes, key) else {
      throw StoreError(
        .corrupt, "\(key) is damaged in the database: its bytes do not match their checksum; restore a backup",
        key: key)
    }
  }

  var data: Data { Data(bytes) }

  /// Eight bytes of the SHA-256 over key and body, so that neither a flipped bit nor a row under a wrong key passes.
  private static func checksum(of bytes: [UInt8], _ key: ObjectKey) -> Int64 {
    var hash = SHA256()
    hash.update(data: Array("\(key.kind)\0\(key.namespace)\0\(key.name)\0".utf8))
    hash.update(data: bytes)
    return hash.finalize().prefix(8).reduce(0) { $0 << 8 | Int64($1) }
  }
}
