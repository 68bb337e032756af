import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A port of 127.0.0.1 that nothing listens on, below the range that the kernel gives to outgoing connections.
func freePort() throws -> Int {
  for _ in 0..<100 {
    let port = Int.random(in: 12_000..<32_000)
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard handle >= 0 else { continue }
    defer { close(handle) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if bound == 0 { return port }
  }
  throw NotYet(description: "no port of 127.0.0.1 is free")
}
