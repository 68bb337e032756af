import Document
import Fleet

/// What is known of a chart that was fetched once.
struct ChartRecord: Sendable, Hashable {
  /// The chart's name, as its Chart.yaml says.
  let name: String
  /// The version that was found.
  let version: String
  /// SHA-256 of the archive; for charts from git, the commit.
  let content: String
  /// When the server was asked, in seconds since 1970.
  let fetched: Int64

  /// Whether it may be used without asking again: always for what is exact, for a while otherwise. A time in the future is a
  /// clock that was set back, and counts as long ago.
  func isCurrent(exact: Bool, now: Int64) -> Bool {
    exact || (fetched <= now && now - fetched < Limits.chartRefreshSeconds)
  }

  fileprivate var value: Value {
    ["name": .string(name), "version": .string(version), "content": .string(content), "fetched": .integer(fetched)]
  }

  fileprivate init?(_ value: Value) {
    guard let name = value["name"]?.string, let version = value["version"]?.string,
      let content = value["content"]?.string, let fetched = value["fetched"]?.integer
    else { return nil }
    self.init(name: name, version: version, content: content, fetched: fetched)
  }

  init(name: String, version: String, content: String, fetched: Int64) {
    self.name = name
    self.version = version
    self.content = content
    self.fetched = fetched
  }
}

/// Charts on disk: archives by their digest, and records that say which archive answered which question
/// (``ChartIdentity/key``). Several processes may use one directory. Every call blocks.
///
/// An archive that is not what its digest says is removed and counts as absent.
struct ChartCache: Sendable {
  private let archives: String
  private let records: String
  private let bytesLimit: Int
  private let recordsLimit: Int

  init(directory: String, bytes: Int = Limits.chartCacheBytes, records: Int = Limits.chartCacheRecords) {
    archives = directory + "/archives"
    self.records = directory + "/records"
    bytesLimit = bytes
    recordsLimit = records
  }

  /// The record of a key; nil when there is none that can be read.
  func record(_ key: String) -> ChartRecord? {
    guard let bytes = ChartFiles.read(records + "/" + key), let value = try? JSON.parse(bytes, file: key) else {
      return nil
    }
    return ChartRecord(value)
  }

  /// A record's archive; nil when it is gone or damaged.
  func archive(of record: ChartRecord) -> [UInt8]? {
    let path = archives + "/" + record.content
    guard Self.isDigest(record.content), let bytes = ChartFiles.read(path) else { return nil }
    guard Digests.sha256Hex(bytes) == record.content else {
      ChartFiles.remove(path)
      return nil
    }
    ChartFiles.touch(path)
    return bytes
  }

  /// Keeps a record and its archive, and makes room for them.
  func keep(_ record: ChartRecord, _ archive: [UInt8], as key: String) throws(ManagerError) {
    let path = archives + "/" + record.content
    try ChartFiles.makeDirectory(archives)
    if self.archive(of: record) == nil { try ChartFiles.write(archive, to: path) }
    try keep(record, as: key)
    makeRoom()
  }

  /// Keeps a record of what is not in the cache itself.
  func keep(_ record: ChartRecord, as key: String) throws(ManagerError) {
    try ChartFiles.makeDirectory(records)
    try ChartFiles.write(JSON.encode(record.value), to: records + "/" + key)
  }

  /// Removes the longest unused archives and the oldest records until the limits are kept.
  private func makeRoom() {
    let kept = ChartFiles.entries(archives)
    var excess = kept.reduce(0) { $0 + $1.bytes } - bytesLimit
    // The newest stays however large it is: it is about to be used.
    for entry in kept.dropLast() where excess > 0 {
      ChartFiles.remove(archives + "/" + entry.name)
      excess -= entry.bytes
    }
    let known = ChartFiles.entries(records)
    for entry in known.prefix(max(0, known.count - recordsLimit)) { ChartFiles.remove(records + "/" + entry.name) }
  }

  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
  }
}
