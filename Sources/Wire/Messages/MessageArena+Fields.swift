import CWireMessages

/// Field values on their way from Swift into a generated struct. Everything lives as long as the arena.
extension MessageArena {
  private func mustAllocate(_ count: Int) -> UnsafeMutableRawPointer {
    guard let memory = allocate(count) else { preconditionFailure("out of memory encoding a message") }
    return memory
  }

  /// The text as a C string. A NUL inside ends it there, as the C side would.
  func string(_ text: String) -> UnsafeMutablePointer<CChar> {
    var text = text
    return text.withUTF8 { utf8 in
      let memory = mustAllocate(utf8.count + 1)
      if let source = utf8.baseAddress { memory.copyMemory(from: source, byteCount: utf8.count) }
      memory.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
      return memory.bindMemory(to: CChar.self, capacity: utf8.count + 1)
    }
  }

  /// The bytes as protobuf-c holds them.
  func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    guard !bytes.isEmpty else { return ProtobufCBinaryData(len: 0, data: nil) }
    return bytes.withUnsafeBytes { source in
      let memory = mustAllocate(source.count)
      if let start = source.baseAddress { memory.copyMemory(from: start, byteCount: source.count) }
      return ProtobufCBinaryData(len: source.count, data: memory.bindMemory(to: UInt8.self, capacity: source.count))
    }
  }

  /// One submessage.
  func message<Message: ProtobufMessage>(_ message: Message) -> UnsafeMutablePointer<Message.Generated> {
    let memory = mustAllocate(MemoryLayout<Message.Generated>.size)
      .bindMemory(to: Message.Generated.self, capacity: 1)
    Message.Generated.initialize(memory)
    message.write(to: &memory.pointee, in: self)
    return memory
  }

  /// The pointers of a repeated field; nil when it is empty.
  private func pointers<Element, Pointee>(
    _ elements: [Element], _ make: (Element) -> UnsafeMutablePointer<Pointee>
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Pointee>?>? {
    guard !elements.isEmpty else { return nil }
    let memory = mustAllocate(elements.count * MemoryLayout<UnsafeMutablePointer<Pointee>?>.stride)
      .bindMemory(to: UnsafeMutablePointer<Pointee>?.self, capacity: elements.count)
    for (index, element) in elements.enumerated() {
      (memory + index).initialize(to: make(element))
    }
    return memory
  }

  /// A repeated field of messages.
  func messages<Message: ProtobufMessage>(
    _ messages: [Message]
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message.Generated>?>? {
    pointers(messages) { message($0) }
  }

  /// A repeated field of strings.
  func strings(_ strings: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    pointers(strings) { string($0) }
  }
}

/// Field values on their way from a generated struct into Swift.
enum Field {
  /// A string, which must be UTF-8 and within the limit.
  static func string(_ text: UnsafeMutablePointer<CChar>?, _ name: StaticString) throws(WireError) -> String {
    guard let text, text.pointee != 0 else { return "" }
    guard let string = String(validatingCString: text) else {
      throw WireError(.malformed, "field \(name) is not UTF-8")
    }
    guard string.utf8.count <= WireLimits.stringBytes else {
      throw WireError(.tooLarge, "field \(name) is longer than \(WireLimits.stringBytes) bytes")
    }
    return string
  }

  /// Bytes.
  static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    guard let start = data.data, data.len > 0 else { return [] }
    return [UInt8](UnsafeBufferPointer(start: start, count: data.len))
  }

  /// A repeated field of messages.
  static func messages<Message: ProtobufMessage>(
    _ type: Message.Type, _ count: Int, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<Message.Generated>?>?,
    _ name: StaticString
  ) throws(WireError) -> [Message] {
    try elements(count, pointers, name) { element throws(WireError) in try Message(reading: element.pointee) }
  }

  /// A repeated field of strings.
  static func strings(
    _ count: Int, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ name: StaticString
  ) throws(WireError) -> [String] {
    try elements(count, pointers, name) { element throws(WireError) in try string(element, name) }
  }

  private static func elements<Pointee, Element>(
    _ count: Int, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<Pointee>?>?, _ name: StaticString,
    _ make: (UnsafeMutablePointer<Pointee>) throws(WireError) -> Element
  ) throws(WireError) -> [Element] {
    guard count > 0, let pointers else { return [] }
    guard count <= WireLimits.repeatedItems else {
      throw WireError(.tooLarge, "field \(name) has \(count) items; the limit is \(WireLimits.repeatedItems)")
    }
    var result: [Element] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      guard let element = pointers[index] else { throw WireError(.malformed, "field \(name) lacks item \(index)") }
      result.append(try make(element))
    }
    return result
  }
}

extension Field {
  /// The message of a oneof whose case says that it is there.
  static func body<Message: ProtobufMessage>(
    _ pointer: UnsafeMutablePointer<Message.Generated>?, _ name: StaticString
  ) throws(WireError) -> Message {
    guard let pointer else { throw WireError(.malformed, "field \(name) is missing") }
    return try Message(reading: pointer.pointee)
  }
}
