/// Reads a tar archive: ustar, with the long names of GNU tar and of pax. Whatever a chart has no use for is refused by name:
/// links, devices, sparse files, paths that leave the archive, one path twice.
struct TarReader {
  /// A regular file of an archive.
  struct Entry {
    let path: String
    let content: Range<Int>
  }

  private static let block = 512

  private let archive: [UInt8]
  private var position = 0
  private var files: [Entry] = []
  /// Every path that was seen, in lower case, as it was written.
  private var seen: [String: String] = [:]
  /// Paths, in lower case, that other paths lie below.
  private var parents: Set<String> = []
  /// What an extended header says of the next entry.
  private var next = Extension()

  private struct Extension {
    var path: [UInt8]?
    var size: Int?
  }

  private init(_ archive: [UInt8]) { self.archive = archive }

  /// The regular files of an archive, in its order.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent`, `invalidTree` or `limitExceeded` that names the entry.
  static func files(of archive: [UInt8]) throws(FleetError) -> [Entry] {
    var reader = TarReader(archive)
    try reader.read()
    return reader.files
  }

  private mutating func read() throws(FleetError) {
    var entries = 0
    while position < archive.count {
      guard position + Self.block <= archive.count else { throw Self.corrupt("the archive is cut off in a header") }
      let start = position
      let isEnd = archive[start..<start + Self.block].allSatisfy { $0 == 0 }
      position += Self.block
      if isEnd { return }
      entries += 1
      guard entries <= Limits.chartEntries else {
        throw FleetError(
          .limitExceeded, "the archive has more than \(Limits.chartEntries) entries (chartEntries)")
      }
      try readEntry(TarHeader(archive[start..<start + Self.block]))
    }
  }

  private mutating func readEntry(_ header: TarHeader) throws(FleetError) {
    try header.checkSum()
    let isExtension = [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L")].contains(header.type)
    let size = if let size = next.size, !isExtension { size } else { try header.size() }
    guard size <= archive.count - position else {
      throw Self.corrupt("the archive is cut off", file: header.displayName)
    }
    let content = position..<position + size
    // The last entry may lack its padding.
    position = min(archive.count, position + (size + Self.block - 1) / Self.block * Self.block)
    switch header.type {
    case UInt8(ascii: "x"): return try readExtension(content)
    case UInt8(ascii: "g"): return
    case UInt8(ascii: "L"): return try readLongName(content)
    case UInt8(ascii: "0"), 0, UInt8(ascii: "7"): try add(header, content, isDirectory: false)
    case UInt8(ascii: "5"): try add(header, content, isDirectory: true)
    default:
      let path = try Self.path(next.path ?? header.name)
      throw FleetError(
        .invalidTree, "is \(header.typeName); a chart's archive may hold files and directories alone", file: path)
    }
    next = Extension()
  }

  private mutating func readLongName(_ content: Range<Int>) throws(FleetError) {
    try Self.checkHeader(content)
    var name = archive[content]
    while name.last == 0 { name.removeLast() }
    next.path = Array(name)
  }

  /// Reads pax records: `<length> <key>=<value>` and a line break, the length counting all of it.
  private mutating func readExtension(_ content: Range<Int>) throws(FleetError) {
    try Self.checkHeader(content)
    var rest = archive[content]
    while let first = rest.first, first != 0 {
      let digits = rest.prefix { $0 != UInt8(ascii: " ") }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 2, length <= rest.count,
        rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
      else { throw Self.corrupt("an extended header of the archive is damaged") }
      let record = rest[(digits.endIndex + 1)..<(rest.startIndex + length - 1)]
      rest = rest.dropFirst(length)
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw Self.corrupt("an extended header of the archive is damaged")
      }
      let key = String(decoding: record[..<equals], as: UTF8.self)
      let value = record[(equals + 1)...]
      switch key {
      case "path": next.path = Array(value)
      case "size":
        guard let size = Int(String(decoding: value, as: UTF8.self)), size >= 0 else {
          throw Self.corrupt("an extended header of the archive has a size that is none")
        }
        next.size = size
      default:
        guard !key.hasPrefix("GNU.sparse.") else {
          throw FleetError(.invalidTree, "the archive holds a sparse file; make it with plain files")
        }
      }
    }
  }

  private mutating func add(
    _ header: TarHeader, _ content: Range<Int>, isDirectory: Bool
  ) throws(FleetError) {
    let path = try Self.path(next.path ?? header.name)
    // The archive's own root (`./`) is no entry of it.
    if path.isEmpty, isDirectory { return }
    guard !path.isEmpty else { throw Self.corrupt("the archive has a file without a name") }
    let folded = path.lowercased()
    // Directories may come after what is in them, and more than once.
    if isDirectory, seen[folded] == nil { return }
    if let twin = seen.updateValue(path, forKey: folded) {
      throw FleetError(
        .invalidTree, "is in the archive twice\(twin.utf8.elementsEqual(path.utf8) ? "" : ", also as \(twin)")",
        file: path)
    }
    guard !parents.contains(folded) else {
      throw FleetError(.invalidTree, "is in the archive as a file and as a directory", file: path)
    }
    var parent = Paths.directory(folded)
    while !parent.isEmpty, parents.insert(parent).inserted {
      guard seen[parent] == nil else {
        throw FleetError(.invalidTree, "lies below \(parent), which is a file of the archive", file: path)
      }
      parent = Paths.directory(parent)
    }
    files.append(Entry(path: path, content: content))
  }

  /// A path inside the archive in its one spelling.
  private static func path(_ bytes: [UInt8]) throws(FleetError) -> String {
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw FleetError(
        .invalidTree, "the name is not UTF-8", file: String(decoding: bytes.prefix(200), as: UTF8.self))
    }
    guard name.utf8.count <= Limits.pathBytes else {
      throw FleetError(
        .limitExceeded, "the path is longer than \(Limits.pathBytes) bytes (pathBytes)", file: String(name.prefix(200)))
    }
    let reason: String? =
      if name.utf8.contains(0) {
        "has a zero byte in its name"
      } else if name.utf8.contains(UInt8(ascii: "\\")) {
        "has a backslash in its name"
      } else if name.hasPrefix("/") {
        "is an absolute path"
      } else if name.split(separator: "/").contains("..") {
        "leads out of the archive"
      } else {
        nil
      }
    if let reason { throw FleetError(.invalidTree, reason, file: name.filter { $0 != "\0" }) }
    let parts = Paths.components(name)
    guard parts.count <= Limits.pathDepth else {
      throw FleetError(
        .limitExceeded, "lies below more than \(Limits.pathDepth) directories (pathDepth)",
        file: String(name.prefix(200)))
    }
    return parts.joined(separator: "/")
  }

  private static func checkHeader(_ content: Range<Int>) throws(FleetError) {
    guard content.count <= Limits.archiveHeaderBytes else {
      throw FleetError(
        .limitExceeded,
        "an extended header of the archive has more than \(Limits.archiveHeaderBytes) bytes"
          + " (archiveHeaderBytes)")
    }
  }

  private static func corrupt(_ message: String, file: String? = nil) -> FleetError {
    FleetError(.corruptContent, message, file: file)
  }
}
