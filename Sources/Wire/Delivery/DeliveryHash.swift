import Crypto

/// The hashes by which the two sides of a Delivery session find out whether they agree. `delivery.proto` specifies them.
public enum DeliveryHash {
  /// The hash of an inventory: deployment id to version.
  public static func inventory(_ versions: [String: String]) -> [UInt8] { lines(versions) }

  /// The hash of what is known of statuses: deployment id to `status` of its bytes.
  public static func statuses(_ hashes: [String: String]) -> [UInt8] { lines(hashes) }

  /// The hash of one status: SHA-256 in lower-case hex.
  public static func status(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in SHA256.hash(data: bytes) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// SHA-256 over the lines "<key> NUL <value> LF", sorted by the keys' bytes.
  private static func lines(_ entries: [String: String]) -> [UInt8] {
    var hash = SHA256()
    for (key, value) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      hash.update(data: Array(key.utf8) + [0] + Array(value.utf8) + [UInt8(ascii: "\n")])
    }
    return Array(hash.finalize())
  }
}

/// The versions of the Delivery protocol that this build speaks.
public enum DeliveryProtocol {
  /// The lowest.
  public static let minimum: UInt32 = 1
  /// The highest.
  public static let maximum: UInt32 = 1

  /// The version for a session with a side that speaks this range; nil where there is none.
  static func common(_ range: (UInt32, UInt32)) -> UInt32? {
    let version = min(maximum, range.1)
    return version >= max(minimum, range.0) ? version : nil
  }
}
