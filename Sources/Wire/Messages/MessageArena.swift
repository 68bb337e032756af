import CWireMessages
import Glibc

/// The memory of one encoding or decoding: a bump allocator that starts on the stack, grows by blocks, and is given back as a
/// whole. It is valid only inside `withArena`, and only on the thread that called it.
struct MessageArena {
  private struct State {
    var next: UnsafeMutableRawPointer
    var remaining: Int
    var budget: Int
    var blocks: UnsafeMutableRawPointer?
  }

  private static let stackBytes = 4096
  private static let blockBytes = 64 << 10
  private static let alignment = 16

  private let state: UnsafeMutablePointer<State>

  /// Runs `body` with an arena that hands out at most `budget` bytes.
  static func withArena<Result>(
    budget: Int, _ body: (MessageArena) throws(WireError) -> Result
  ) throws(WireError) -> Result {
    // The outcome is carried out by value: the standard library's function does not rethrow typed errors.
    let outcome: Swift.Result<Result, WireError> = withUnsafeTemporaryAllocation(
      byteCount: stackBytes, alignment: alignment
    ) { memory in
      guard let base = memory.baseAddress else { return .failure(WireError(.system, "no memory for a message")) }
      var state = State(next: base, remaining: stackBytes, budget: budget, blocks: nil)
      return withUnsafeMutablePointer(to: &state) { pointer in
        defer { release(pointer.pointee.blocks) }
        do throws(WireError) {
          return .success(try body(MessageArena(state: pointer)))
        } catch {
          return .failure(error)
        }
      }
    }
    return try outcome.get()
  }

  /// `count` bytes, aligned for every C type; nil beyond the budget or when the system has no memory.
  func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    guard count >= 0, count <= state.pointee.budget else { return nil }
    let rounded = (count + Self.alignment - 1) & ~(Self.alignment - 1)
    state.pointee.budget -= count
    if rounded > state.pointee.remaining, !grow(atLeast: rounded) { return nil }
    let result = state.pointee.next
    state.pointee.next = result + rounded
    state.pointee.remaining -= rounded
    return result
  }

  /// The allocator that protobuf-c unpacks with. It frees nothing; the arena does.
  var allocator: ProtobufCAllocator {
    ProtobufCAllocator(
      alloc: { data, count in
        guard let data else { return nil }
        return MessageArena(state: data.assumingMemoryBound(to: State.self)).allocate(count)
      },
      free: { _, _ in },
      allocator_data: UnsafeMutableRawPointer(state))
  }

  /// A block holds, in its first bytes, the address of the block before it.
  private func grow(atLeast count: Int) -> Bool {
    let size = max(Self.blockBytes, count + Self.alignment)
    guard let block = malloc(size) else { return false }
    block.storeBytes(of: state.pointee.blocks, as: UnsafeMutableRawPointer?.self)
    state.pointee.blocks = block
    state.pointee.next = block + Self.alignment
    state.pointee.remaining = size - Self.alignment
    return true
  }

  private static func release(_ first: UnsafeMutableRawPointer?) {
    var block = first
    while let current = block {
      block = current.load(as: UnsafeMutableRawPointer?.self)
      free(current)
    }
  }
}
