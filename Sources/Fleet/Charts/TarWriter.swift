/// Writes a tar archive whose bytes follow from its files alone: no times, no owners.
struct TarWriter {
  private var bytes: [UInt8] = []

  /// Adds a regular file; long names get an extended header.
  mutating func add(_ path: String, _ content: [UInt8]) {
    if path.utf8.count > 100 {
      let record = Array(" path=\(path)\n".utf8)
      var length = record.count
      while "\(length)".utf8.count + record.count != length { length = "\(length)".utf8.count + record.count }
      append(name: "pax", type: UInt8(ascii: "x"), content: Array("\(length)".utf8) + record)
    }
    append(name: path, type: UInt8(ascii: "0"), content: content)
  }

  /// The archive's bytes.
  func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  private mutating func append(name: String, type: UInt8, content: [UInt8]) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, at offset: Int) {
      for (index, byte) in text.enumerated() { header[offset + index] = byte }
    }
    put(name.utf8.prefix(100), at: 0)
    put("0000644".utf8, at: 100)
    put("0000000".utf8, at: 108)
    put("0000000".utf8, at: 116)
    put(TarWriter.octal(content.count, digits: 11).utf8, at: 124)
    put("00000000000".utf8, at: 136)
    put("        ".utf8, at: 148)
    header[156] = type
    put("ustar\u{0}00".utf8, at: 257)
    let sum = header.reduce(0) { $0 + Int($1) }
    put((TarWriter.octal(sum, digits: 6) + "\0 ").utf8, at: 148)
    bytes += header + content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  private static func octal(_ number: Int, digits: Int) -> String {
    let text = String(number, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
