/// The 512 bytes before each entry of a tar archive.
struct TarHeader {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  private func field(_ offset: Int, _ length: Int) -> ArraySlice<UInt8> {
    bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + length)]
  }

  private func text(_ offset: Int, _ length: Int) -> ArraySlice<UInt8> { field(offset, length).prefix { $0 != 0 } }

  /// The entry's path, with ustar's prefix where there is one.
  var name: [UInt8] {
    let name = Array(text(0, 100))
    // GNU tar keeps other things where ustar has the prefix.
    guard field(257, 6).elementsEqual("ustar\0".utf8) else { return name }
    let prefix = Array(text(345, 155))
    return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
  }

  /// The path for messages.
  var displayName: String { String(decoding: name, as: UTF8.self) }

  /// The entry's type: `0` or zero for a file, `5` for a directory, and so on.
  var type: UInt8 { field(156, 1).first ?? 0 }

  /// The type for people.
  var typeName: String {
    switch type {
    case UInt8(ascii: "1"): "a hard link"
    case UInt8(ascii: "2"): "a symbolic link"
    case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
    case UInt8(ascii: "6"): "a named pipe"
    case UInt8(ascii: "S"): "a sparse file"
    case UInt8(ascii: "K"): "a link"
    default: "an entry of type \(type)"
    }
  }

  /// The entry's size in bytes.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` when it is no number or does not fit.
  func size() throws(FleetError) -> Int {
    let size = field(124, 12)
    // Base 256, marked by the highest bit, for sizes that do not fit into octal digits; archives here are far smaller.
    guard let first = size.first, first & 0x80 == 0, let number = TarHeader.octal(size) else {
      throw FleetError(.corruptContent, "has a size in the archive that cannot be read", file: displayName)
    }
    return number
  }

  /// - Throws: ``FleetError`` with code `corruptContent` when the header is damaged, or this is no tar archive.
  func checkSum() throws(FleetError) {
    let sum = bytes.reduce(0) { $0 + Int($1) } - field(148, 8).reduce(0) { $0 + Int($1) } + 8 * 32
    guard TarHeader.octal(field(148, 8)) == sum else {
      throw FleetError(.corruptContent, "this is not a tar archive, or it is damaged: a checksum does not match")
    }
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    var digits = field.drop { $0 == UInt8(ascii: " ") }
    while let last = digits.last, last == 0 || last == UInt8(ascii: " ") { digits.removeLast() }
    guard digits.count <= 12 else { return nil }
    if digits.isEmpty { return 0 }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
  }
}
