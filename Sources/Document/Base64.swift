/// Base64 (RFC 4648) without Foundation: what Secrets' data, kubeconfigs and YAML's `!!binary` are written in.
public enum Base64 {
  /// The bytes that a padded base64 text stands for, white space in it ignored; nil if it is anything else.
  public static func decode(_ text: String) -> [UInt8]? {
    var bytes = [UInt8]()
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var buffer: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in text.utf8 {
      let six: UInt32
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): six = UInt32(byte - UInt8(ascii: "A"))
      case UInt8(ascii: "a")...UInt8(ascii: "z"): six = UInt32(byte - UInt8(ascii: "a")) + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): six = UInt32(byte - UInt8(ascii: "0")) + 52
      case UInt8(ascii: "+"): six = 62
      case UInt8(ascii: "/"): six = 63
      case UInt8(ascii: "="):
        padding += 1
        count += 1
        guard padding <= 2, count % 4 == 0 || count % 4 == 3 else { return nil }
        continue
      case 0x20, 0x09, 0x0A, 0x0D: continue
      default: return nil
      }
      guard padding == 0 else { return nil }
      buffer = buffer << 6 | six
      count += 1
      switch count % 4 {
      case 0: bytes.append(UInt8(truncatingIfNeeded: buffer))
      case 2: bytes.append(UInt8(truncatingIfNeeded: buffer >> 4))
      case 3: bytes.append(UInt8(truncatingIfNeeded: buffer >> 2))
      default: break
      }
    }
    return count % 4 == 0 ? bytes : nil
  }

  /// The padded base64 text of some bytes, on one line.
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    var text = [UInt8]()
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var iterator = bytes.makeIterator()
    while let first = iterator.next() {
      let second = iterator.next()
      let third = second == nil ? nil : iterator.next()
      text.append(alphabet[Int(first >> 2)])
      text.append(alphabet[Int((first & 3) << 4 | (second ?? 0) >> 4)])
      text.append(second == nil ? UInt8(ascii: "=") : alphabet[Int(((second ?? 0) & 15) << 2 | (third ?? 0) >> 6)])
      text.append(third == nil ? UInt8(ascii: "=") : alphabet[Int((third ?? 0) & 63)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
