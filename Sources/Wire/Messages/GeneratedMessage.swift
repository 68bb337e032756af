import CProtobufC
import CWireMessages

/// A struct that protoc-c made. `initialize` gives it its descriptor and its defaults.
protocol GeneratedMessage {
  init()
  static func initialize(_ message: UnsafeMutablePointer<Self>)
}

/// A `WireMessage` that is read from and written to its generated C struct.
protocol ProtobufMessage: WireMessage {
  associatedtype Generated: GeneratedMessage
  init(reading generated: Generated) throws(WireError)
  func write(to generated: inout Generated, in arena: MessageArena)
}

/// Encoding and decoding through protobuf-c.
enum Protobuf {
  /// Encodes into an array.
  static func encode<Message: ProtobufMessage>(_ message: Message) -> [UInt8] {
    pack(message) { base, size in
      [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = buffer.baseAddress.map { protobuf_c_message_pack(base, $0) } ?? 0
      }
    }
  }

  /// Appends the encoding, with its length as a varint in front, behind the given tag byte: one more element of a repeated
  /// field of messages, which is what a batch of frames is.
  static func appendElement<Message: ProtobufMessage>(_ message: Message, tag: UInt8, to bytes: inout [UInt8]) {
    pack(message) { base, size in
      bytes.append(tag)
      var rest = size
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(truncatingIfNeeded: rest))
      withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
        guard let start = buffer.baseAddress else { return }
        let written = protobuf_c_message_pack(base, start.assumingMemoryBound(to: UInt8.self))
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: written))
      }
    }
  }

  /// Decodes, in an arena whose size is bounded by the number of bytes.
  static func decode<Message: ProtobufMessage>(
    _ type: Message.Type = Message.self, from bytes: UnsafeRawBufferPointer
  ) throws(WireError) -> Message {
    try unpack(Message.Generated.self, from: bytes, named: "\(Message.self)") { message throws(WireError) in
      try Message(reading: message)
    }
  }

  /// Decodes an array.
  static func decode<Message: ProtobufMessage>(
    _ type: Message.Type = Message.self, from bytes: [UInt8]
  ) throws(WireError) -> Message {
    let outcome: Result<Message, WireError> = bytes.withUnsafeBytes { buffer in
      do throws(WireError) {
        return .success(try decode(type, from: buffer))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// Unpacks a generated struct and lends it to `body`.
  static func unpack<Generated: GeneratedMessage, Result>(
    _ type: Generated.Type, from bytes: UnsafeRawBufferPointer, named name: @autoclosure () -> String,
    _ body: (Generated) throws(WireError) -> Result
  ) throws(WireError) -> Result {
    guard bytes.count <= WireLimits.partBytes else {
      throw WireError(.tooLarge, "\(name()) of \(bytes.count) bytes; the limit is \(WireLimits.partBytes)")
    }
    let budget = WireLimits.decodingBytes + bytes.count * WireLimits.decodingBytesPerByte
    return try MessageArena.withArena(budget: budget) { arena throws(WireError) in
      var allocator = arena.allocator
      var template = Generated()
      Generated.initialize(&template)
      let descriptor = withUnsafeBytes(of: &template) { $0.load(as: ProtobufCMessage.self).descriptor }
      let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      guard let message = protobuf_c_message_unpack(descriptor, &allocator, bytes.count, start) else {
        throw WireError(.malformed, "\(bytes.count) bytes are not a \(name())")
      }
      return try body(UnsafeRawPointer(message).load(as: Generated.self))
    }
  }

  private static func pack<Message: ProtobufMessage, Result>(
    _ message: Message, _ body: (UnsafePointer<ProtobufCMessage>, Int) -> Result
  ) -> Result {
    do {
      return try MessageArena.withArena(budget: .max) { arena throws(WireError) in
        var generated = Message.Generated()
        Message.Generated.initialize(&generated)
        message.write(to: &generated, in: arena)
        return withUnsafePointer(to: &generated) { pointer in
          pointer.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
            body(base, protobuf_c_message_get_packed_size(base))
          }
        }
      }
    } catch {
      // An arena without a budget fails only where Swift's own allocations would: without memory.
      preconditionFailure("out of memory encoding \(Message.self)")
    }
  }
}
