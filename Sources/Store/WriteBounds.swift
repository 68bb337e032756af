/// The limits on what a caller hands in, checked before anything is queued.
enum WriteBounds {
  /// The body bytes of all writes together.
  static func bytes(of writes: [Write]) throws(StoreError) -> Int {
    guard writes.count <= StoreLimits.commitWrites else {
      throw StoreError(
        .limitExceeded, "a commit of \(writes.count) writes; the limit commitWrites is \(StoreLimits.commitWrites)")
    }
    var bytes = 0
    for write in writes {
      try check(write.key)
      guard case .put(let body) = write.change else { continue }
      guard body.count <= StoreLimits.objectBytes else {
        throw StoreError(
          .limitExceeded,
          "\(write.key) has \(body.count) bytes; the limit objectBytes is \(StoreLimits.objectBytes)", key: write.key)
      }
      bytes += body.count
    }
    return bytes
  }

  static func check(_ key: ObjectKey) throws(StoreError) {
    try check(key.kind, "an object's kind")
    try check(key.name, "an object's name")
    if !key.namespace.isEmpty { try check(key.namespace, "an object's namespace") }
  }

  /// SQLite's text ends at a NUL for some of its functions, so names with one are refused altogether.
  static func check(_ name: String, _ what: String) throws(StoreError) {
    guard !name.isEmpty, !name.utf8.contains(0) else {
      throw StoreError(.limitExceeded, "\(what) is empty or holds a NUL")
    }
    guard name.utf8.count <= StoreLimits.nameBytes else {
      throw StoreError(
        .limitExceeded, "\(what) has \(name.utf8.count) bytes; the limit nameBytes is \(StoreLimits.nameBytes)")
    }
  }
}
