import Foundation

/// The server of a chart's address, judged before anything is sent to it.
///
/// What a repository's files may name is anybody's choice who may push to it, so services that answer only to this machine
/// must not be asked: a cloud's metadata service gives out the machine's own credentials.
struct ChartServer: Sendable, Hashable {
  /// The server's name or address, in lower case, without brackets, port and user.
  let host: String

  /// The server of a URL, or of `user@host:path`.
  init(url: String) {
    let rest: Substring
    if let scheme = url.firstRange(of: "://") {
      rest = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
    } else {
      rest = url.prefix { $0 != "/" }
    }
    let authority = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      host = authority[..<end].dropFirst().lowercased()
    } else {
      let name = authority.prefix { $0 != ":" }.lowercased()
      host = name.hasSuffix(".") ? String(name.dropLast()) : name
    }
  }

  /// Why this server is not asked for anything; nil when it is.
  var refusal: String? {
    guard Self.metadataNames.contains(host) || Self.isMetadataAddress(host) else { return nil }
    return
      "\(host) is an address of this machine's own network or its cloud's metadata service, which no chart comes from"
  }

  private static let metadataNames: Set<String> = ["metadata.google.internal", "metadata.goog", "instance-data"]

  /// Whether the text is an address, in any spelling that the system accepts, that is link-local or known for metadata.
  private static func isMetadataAddress(_ host: String) -> Bool {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(String(host.prefix { $0 != "%" }), nil, &hints, &list) == 0, let found = list?.pointee else {
      return false
    }
    defer { freeaddrinfo(list) }
    guard let address = found.ai_addr else { return false }
    let bytes = UnsafeRawBufferPointer(start: address, count: Int(found.ai_addrlen))
    // The address follows family and port, and for IPv6 the flow as well.
    switch found.ai_family {
    case AF_INET: return isMetadata(ipv4: Array(bytes[4..<8]))
    case AF_INET6: return isMetadata(ipv6: Array(bytes[8..<24]))
    default: return false
    }
  }

  private static func isMetadata(ipv4 address: [UInt8]) -> Bool {
    (address[0] == 169 && address[1] == 254) || address == [100, 100, 100, 200]
  }

  private static func isMetadata(ipv6 address: [UInt8]) -> Bool {
    let isMapped = address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xFF && address[11] == 0xFF
    if isMapped { return isMetadata(ipv4: Array(address[12...])) }
    let isLinkLocal = address[0] == 0xFE && address[1] & 0xC0 == 0x80
    let amazon: [UInt8] = [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54]
    return isLinkLocal || address == amazon
  }
}

extension ChartAddress {
  /// Whether what stands before the server could be taken for one, as in `https://charts.example.com@evil.example`: a regular
  /// expression that says where credentials may go would take it so too.
  var hidesItsServer: Bool {
    switch self {
    case .repository(let url, _), .registry(let url), .archive(let url), .git(let url, _, _):
      guard let start = url.firstRange(of: "://")?.upperBound else { return false }
      let authority = url[start...].prefix { !"/?#".contains($0) }
      guard let at = authority.lastIndex(of: "@") else { return false }
      return authority[..<at].contains { ".:\\".contains($0) }
    }
  }

  /// The server that is asked first.
  var server: ChartServer {
    switch self {
    case .repository(let url, _), .registry(let url), .archive(let url), .git(let url, _, _): ChartServer(url: url)
    }
  }
}
