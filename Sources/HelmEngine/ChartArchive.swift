/// A chart as the `.tgz` that Helm loads from memory. The same chart gives the same bytes.
enum ChartArchive {
  /// Packs a chart. Throws `HelmError` with `invalidChart` when it exceeds a limit, or a path is not below the root.
  static func pack(_ chart: Chart) throws(HelmError) -> [UInt8] {
    try check(chart)
    var tar = TarWriter()
    for file in chart.files {
      // Helm drops an archive's outermost folder.
      tar.add(path: "chart/" + file.path, contents: file.contents)
    }
    return Gzip.stored(tar.finished())
  }

  private static func check(_ chart: Chart) throws(HelmError) {
    func refuse(_ reason: String) -> HelmError { HelmError(code: .invalidChart, message: "the chart \(reason)") }

    guard chart.files.count <= Limits.chartFiles else {
      throw refuse("has \(chart.files.count) files, more than \(Limits.chartFiles)")
    }
    var total = 0
    for file in chart.files {
      let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
      guard !file.path.utf8.contains(0), !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
        throw refuse("has a file whose path is not below its root: \(file.path)")
      }
      guard file.path.utf8.count <= Limits.chartPathBytes else {
        throw refuse("has a path of \(file.path.utf8.count) bytes, more than \(Limits.chartPathBytes)")
      }
      guard file.contents.count <= Limits.chartFileBytes else {
        throw refuse("has \(file.path) of \(file.contents.count) bytes, more than \(Limits.chartFileBytes)")
      }
      total += file.contents.count
      guard total <= Limits.chartBytes else {
        throw refuse("has more than \(Limits.chartBytes) bytes: leave out files that its templates don't need")
      }
    }
  }
}

/// Writes the POSIX tar format (IEEE 1003.1, pax interchange format).
private struct TarWriter {
  private static let block = 512
  private var bytes: [UInt8] = []

  mutating func add(path: String, contents: [UInt8]) {
    let name = Array(path.utf8)
    if name.count > 100 {
      let record = Self.record(key: "path", value: path)
      addEntry(name: Array("pax".utf8), contents: record, kind: UInt8(ascii: "x"))
    }
    addEntry(name: Array(name.prefix(100)), contents: contents, kind: UInt8(ascii: "0"))
  }

  consuming func finished() -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: 2 * Self.block)
  }

  private mutating func addEntry(name: [UInt8], contents: [UInt8], kind: UInt8) {
    var header = [UInt8](repeating: 0, count: Self.block)
    func put(_ value: some Collection<UInt8>, at offset: Int) {
      header.replaceSubrange(offset..<offset + value.count, with: value)
    }
    func putOctal(_ value: Int, width: Int, at offset: Int) {
      let digits = String(value, radix: 8)
      put((String(repeating: "0", count: width - 1 - digits.utf8.count) + digits).utf8, at: offset)
    }
    put(name, at: 0)
    putOctal(0o644, width: 8, at: 100)
    putOctal(0, width: 8, at: 108)
    putOctal(0, width: 8, at: 116)
    putOctal(contents.count, width: 12, at: 124)
    putOctal(0, width: 12, at: 136)
    header[156] = kind
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    // The sum counts its own field as spaces.
    put("        ".utf8, at: 148)
    putOctal(header.reduce(0) { $0 + Int($1) }, width: 7, at: 148)
    header[154] = 0
    bytes += header
    bytes += contents
    bytes += [UInt8](repeating: 0, count: (Self.block - contents.count % Self.block) % Self.block)
  }

  /// A pax record begins with its own length, which counts its own digits.
  private static func record(key: String, value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count
    while String(length).utf8.count + rest.utf8.count != length { length = String(length).utf8.count + rest.utf8.count }
    return Array((String(length) + rest).utf8)
  }
}

/// Writes the gzip format (RFC 1952) without compressing: the archive only crosses to a library in this process.
private enum Gzip {
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let blockMaximum = 65_535
    var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    result.reserveCapacity(bytes.count + bytes.count / blockMaximum * 5 + 32)
    var start = 0
    repeat {
      let end = min(start + blockMaximum, bytes.count)
      let length = UInt16(end - start)
      result.append(end == bytes.count ? 1 : 0)
      result += littleEndian(UInt32(length), count: 2)
      result += littleEndian(UInt32(~length), count: 2)
      result += bytes[start..<end]
      start = end
    } while start < bytes.count
    result += littleEndian(checksum(bytes), count: 4)
    result += littleEndian(UInt32(truncatingIfNeeded: bytes.count), count: 4)
    return result
  }

  private static func littleEndian(_ value: UInt32, count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    let table = table
    var value: UInt32 = 0xffff_ffff
    for byte in bytes { value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ (value >> 8) }
    return ~value
  }
}
