import Glibc

/// An encoded message on its way out.
///
/// Small ones are arrays that are copied into a batch. Large ones live in memory of their own that libzmq sends without copying
/// and that many connections may share.
enum Payload: Sendable {
  case inline([UInt8])
  case separate(SharedBuffer)

  /// Wraps encoded bytes, choosing by their number.
  init(_ bytes: [UInt8]) {
    self = bytes.count < WireLimits.separatePayloadBytes ? .inline(bytes) : .separate(SharedBuffer(copying: bytes))
  }

  var count: Int {
    switch self {
    case .inline(let bytes): bytes.count
    case .separate(let buffer): buffer.count
    }
  }

  var bytes: [UInt8] {
    switch self {
    case .inline(let bytes): bytes
    case .separate(let buffer): buffer.withBytes { Array($0) }
    }
  }
}

/// Bytes at a fixed address, written once in `init` and only read afterwards.
///
/// Unchecked: the pointer is private, nothing writes through it after `init`, and the memory lives as long as the object.
final class SharedBuffer: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  init(copying bytes: [UInt8]) {
    memory = .allocate(byteCount: bytes.count, alignment: 16)
    memory.copyBytes(from: bytes)
  }

  deinit { memory.deallocate() }

  var count: Int { memory.count }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { body(UnsafeRawBufferPointer(memory)) }
}
