/// One ZeroMQ message on its way out: a batch, and the payload of the batch's last frame where that travels apart.
struct OutboundMessage: Sendable {
  var batch: [UInt8]
  var payload: SharedBuffer?
  /// Frames of the batch.
  var frames = 1

  var byteCount: Int { batch.count + (payload?.count ?? 0) }
}

/// Frames that wait for the I/O thread, already encoded and packed. Bounded by the credit that the other side granted.
struct OutboundQueue: Sendable {
  private var closed: [OutboundMessage] = []
  private var open: [UInt8] = []
  private var openFrames = 0
  /// Bytes that wait.
  private(set) var bytes = 0

  var isEmpty: Bool { closed.isEmpty && open.isEmpty }

  mutating func append(_ frame: Frame) {
    if open.isEmpty { open.reserveCapacity(256) }
    let before = open.count
    BatchCodec.append(frame, to: &open)
    openFrames += 1
    bytes += open.count - before
    if case .message(_, .separate(let buffer)) = frame {
      bytes += buffer.count
      closeBatch(buffer)
    } else if open.count >= WireLimits.batchBytes || openFrames == WireLimits.framesPerBatch {
      closeBatch(nil)
    }
  }

  /// Everything, in order.
  mutating func take() -> [OutboundMessage] {
    if !open.isEmpty { closeBatch(nil) }
    let messages = closed
    closed = []
    bytes = 0
    return messages
  }

  private mutating func closeBatch(_ payload: SharedBuffer?) {
    closed.append(OutboundMessage(batch: open, payload: payload, frames: openFrames))
    open = []
    openFrames = 0
  }
}
