/// A message of `Proto/flotilla/v1` as a Swift value.
///
/// Decoding refuses bytes that are not the message, text that is not UTF-8 and anything beyond `WireLimits`. Fields that this
/// version does not know are skipped, absent ones have their type's zero.
public protocol WireMessage: Sendable {
  /// Reads the protobuf encoding. Throws `WireError` with code `malformed` or `tooLarge`.
  init(decoding bytes: [UInt8]) throws(WireError)
  /// The protobuf encoding.
  func encoded() -> [UInt8]
}
