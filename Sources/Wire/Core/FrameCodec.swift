import CWireMessages

extension Flotilla__V1__Frame: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__frame__init(message) }
}

extension Flotilla__V1__Batch: GeneratedMessage {
  static func initialize(_ message: UnsafeMutablePointer<Self>) { flotilla__v1__batch__init(message) }
}

extension Frame: ProtobufMessage {
  init(decoding bytes: [UInt8]) throws(WireError) { self = try Protobuf.decode(from: bytes) }
  func encoded() -> [UInt8] { Protobuf.encode(self) }

  init(reading generated: Flotilla__V1__Frame) throws(WireError) {
    try self.init(reading: generated, payload: nil)
  }

  /// Reads a frame whose payload travelled in a part of its own.
  init(reading message: Flotilla__V1__Frame, payload separate: UnsafeRawBufferPointer?) throws(WireError) {
    func payload() -> [UInt8] { separate.map { Array($0) } ?? Field.bytes(message.payload) }
    switch message.kind {
    case FLOTILLA__V1__FRAME__KIND__MESSAGE:
      let bytes = payload()
      guard bytes.count <= WireLimits.payloadBytes else {
        throw WireError(.tooLarge, "a payload of \(bytes.count) bytes; the limit is \(WireLimits.payloadBytes)")
      }
      self = .message(message.stream_id, .inline(bytes))
    case FLOTILLA__V1__FRAME__KIND__CREDIT:
      self = .credit(message.stream_id, message.credit_bytes)
    case FLOTILLA__V1__FRAME__KIND__OPEN:
      self = .open(message.stream_id, try Open(reading: message))
    case FLOTILLA__V1__FRAME__KIND__HALF_CLOSE:
      self = .halfClose(message.stream_id)
    case FLOTILLA__V1__FRAME__KIND__CLOSE:
      let text = try Field.string(message.status_message, "Frame.status_message")
      self = .close(message.stream_id, StatusCode(rawValue: message.status_code) ?? .unknown, text)
    case FLOTILLA__V1__FRAME__KIND__PING: self = .ping
    case FLOTILLA__V1__FRAME__KIND__PONG: self = .pong
    case FLOTILLA__V1__FRAME__KIND__GOAWAY: self = .goaway(try Goaway(decoding: payload()))
    case FLOTILLA__V1__FRAME__KIND__SETTINGS: self = .settings(try Settings(decoding: payload()))
    default: self = .unrecognized
    }
  }

  func write(to generated: inout Flotilla__V1__Frame, in arena: MessageArena) {
    switch self {
    case .message(let stream, let payload):
      generated.kind = FLOTILLA__V1__FRAME__KIND__MESSAGE
      generated.stream_id = stream
      if case .inline(let bytes) = payload { generated.payload = arena.bytes(bytes) }
    case .credit(let stream, let bytes):
      generated.kind = FLOTILLA__V1__FRAME__KIND__CREDIT
      generated.stream_id = stream
      generated.credit_bytes = bytes
    case .open(let stream, let open):
      generated.kind = FLOTILLA__V1__FRAME__KIND__OPEN
      generated.stream_id = stream
      generated.method = arena.string(open.method)
      generated.deadline_ms = open.deadline.map { max(1, $0.wholeMilliseconds) } ?? 0
      let entries = open.metadata.sorted { $0.key < $1.key }.map { Metadata(key: $0.key, value: $0.value) }
      generated.n_metadata = entries.count
      generated.metadata = arena.messages(entries)
    case .halfClose(let stream):
      generated.kind = FLOTILLA__V1__FRAME__KIND__HALF_CLOSE
      generated.stream_id = stream
    case .close(let stream, let code, let text):
      generated.kind = FLOTILLA__V1__FRAME__KIND__CLOSE
      generated.stream_id = stream
      generated.status_code = code.rawValue
      if !text.isEmpty { generated.status_message = arena.string(text) }
    case .ping: generated.kind = FLOTILLA__V1__FRAME__KIND__PING
    case .pong: generated.kind = FLOTILLA__V1__FRAME__KIND__PONG
    case .goaway(let goaway):
      generated.kind = FLOTILLA__V1__FRAME__KIND__GOAWAY
      generated.payload = arena.bytes(goaway.encoded())
    case .settings(let settings):
      generated.kind = FLOTILLA__V1__FRAME__KIND__SETTINGS
      generated.payload = arena.bytes(settings.encoded())
    case .unrecognized: break
    }
  }
}

extension Frame.Open {
  fileprivate init(reading message: Flotilla__V1__Frame) throws(WireError) {
    guard message.n_metadata <= WireLimits.metadataEntries else {
      throw WireError(.tooLarge, "\(message.n_metadata) metadata entries; the limit is \(WireLimits.metadataEntries)")
    }
    method = try Field.string(message.method, "Frame.method")
    deadline = message.deadline_ms == 0 ? nil : .milliseconds(clamping: message.deadline_ms)
    metadata = [:]
    for entry in try Field.messages(Metadata.self, message.n_metadata, message.metadata, "Frame.metadata") {
      guard entry.value.count <= WireLimits.metadataBytes else {
        throw WireError(.tooLarge, "metadata \(entry.key) is longer than \(WireLimits.metadataBytes) bytes")
      }
      metadata[entry.key] = entry.value
    }
  }
}

/// A batch: the first part of a bus message.
enum BatchCodec {
  /// The tag of `Batch.frames` (field 1, length-delimited).
  private static let framesTag: UInt8 = 0x0a

  /// Appends one frame to an encoded batch. A separate payload is not part of it.
  static func append(_ frame: Frame, to batch: inout [UInt8]) {
    Protobuf.appendElement(frame, tag: framesTag, to: &batch)
  }

  /// Reads a batch, and gives its last frame the payload that travelled in a part of its own.
  static func decode(
    _ batch: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer?, into frames: inout [Frame]
  ) throws(WireError) {
    let decoded = try Protobuf.unpack(Flotilla__V1__Batch.self, from: batch, named: "Batch") {
      message throws(WireError) in
      guard message.n_frames <= WireLimits.framesPerBatch else {
        throw WireError(.tooLarge, "\(message.n_frames) frames in a batch; the limit is \(WireLimits.framesPerBatch)")
      }
      var result: [Frame] = []
      result.reserveCapacity(message.n_frames)
      for index in 0..<message.n_frames {
        guard let frame = message.frames[index] else { continue }
        let separate = index == message.n_frames - 1 ? payload : nil
        result.append(try Frame(reading: frame.pointee, payload: separate))
      }
      return result
    }
    frames.append(contentsOf: decoded)
  }
}
