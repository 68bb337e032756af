#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// IP addresses as certificates hold them.
enum Addresses {
  /// The 4 or 16 bytes of an IPv4 or IPv6 address; nil if the text is a name.
  static func bytes(of host: String) -> [UInt8]? {
    var v4 = in_addr()
    if inet_pton(AF_INET, host, &v4) == 1 { return withUnsafeBytes(of: &v4) { Array($0) } }
    var v6 = in6_addr()
    if inet_pton(AF_INET6, host, &v6) == 1 { return withUnsafeBytes(of: &v6) { Array($0) } }
    return nil
  }
}
