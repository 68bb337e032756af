@testable import Fleet

/// Archives written byte by byte, so that they can be what no tool would make.
struct HostileArchive {
  private(set) var tar: [UInt8] = []

  /// Appends an entry; the checksum is right unless another one is given.
  mutating func add(
    _ name: String, _ content: String = "x", type: Character = "0", size: String? = nil, checksum: Int? = nil,
    prefix: String = "", magic: String = "ustar\u{0}00", link: String = ""
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    let bytes = Array(content.utf8)
    put(String(name.utf8.prefix(100)) ?? "", at: 0)
    put("0000644\u{0}0000000\u{0}0000000\u{0}", at: 100)
    put(size ?? octal(bytes.count, 11), at: 124)
    put("00000000000\u{0}        ", at: 136)
    header[156] = type.asciiValue ?? 0
    put(link, at: 157)
    put(magic, at: 257)
    put(prefix, at: 345)
    put(octal(checksum ?? header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
    tar += header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  private func octal(_ number: Int, _ digits: Int) -> String {
    let text = String(number, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// The archive as a `.tgz`.
  var compressed: [UInt8] {
    get throws { try Gzip.compress(tar + [UInt8](repeating: 0, count: 1024)) }
  }
}
