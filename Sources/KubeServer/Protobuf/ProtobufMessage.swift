import Document

/// How one message of the Kubernetes API is written in protobuf, so that it can be read as the JSON document it stands for.
indirect enum ProtobufType: Sendable {
  case string
  /// Base64 in JSON.
  case bytes
  case integer
  case boolean
  /// `metav1.Time` and `MicroTime`: seconds and nanoseconds.
  case time
  /// Bytes that are JSON text, in a message: `FieldsV1`.
  case fieldsV1
  case stringMap
  case bytesMap
  case message([Int: (name: String, type: ProtobufType)])
  case list(ProtobufType)
}

/// Reads messages. Absent and zero are the same in these (proto2, written by gogo) messages as in their JSON with
/// `omitempty`, so empty texts, zeros and false are left out.
enum ProtobufDecoder {
  /// The document of a message's bytes.
  static func document(
    _ bytes: ArraySlice<UInt8>, _ fields: [Int: (name: String, type: ProtobufType)], depth: Int = 0
  ) throws(KubeError) -> Value {
    guard depth < Limits.depth else { throw ProtobufReader.malformed }
    var reader = ProtobufReader(bytes)
    var result: [String: Value] = [:]
    while let (number, field) = try reader.next() {
      guard let (name, type) = fields[number] else { continue }
      switch type {
      case .list(let element):
        if let value = try value(field, element, depth, keepsEmpty: true) {
          result[name] = .array((result[name]?.array ?? []) + [value])
        }
      case .stringMap, .bytesMap:
        guard case .bytes(let entry) = field else { throw ProtobufReader.malformed }
        let (key, value) = try mapEntry(entry, type)
        var map = result[name] ?? [:]
        map[key] = value
        result[name] = map
      default:
        if let value = try value(field, type, depth, keepsEmpty: false) { result[name] = value }
      }
    }
    return .object(result)
  }

  private static func value(
    _ field: ProtobufReader.Field, _ type: ProtobufType, _ depth: Int, keepsEmpty: Bool
  ) throws(KubeError) -> Value? {
    switch (type, field) {
    case (.string, .bytes(let bytes)):
      if bytes.isEmpty, !keepsEmpty { return nil }
      return .string(String(decoding: bytes, as: UTF8.self))
    case (.bytes, .bytes(let bytes)): return .string(Base64.encode(bytes))
    case (.integer, .varint(let number)):
      if number == 0, !keepsEmpty { return nil }
      return .integer(Int64(bitPattern: number))
    case (.boolean, .varint(let number)):
      if number == 0, !keepsEmpty { return nil }
      return .bool(number != 0)
    case (.time, .bytes(let bytes)): return try time(bytes)
    case (.fieldsV1, .bytes(let bytes)): return try fieldsV1(bytes)
    case (.message(let fields), .bytes(let bytes)):
      let value = try document(bytes, fields, depth: depth + 1)
      if value == [:], !keepsEmpty { return nil }
      return value
    default: throw ProtobufReader.malformed
    }
  }

  private static func mapEntry(
    _ bytes: ArraySlice<UInt8>, _ type: ProtobufType
  ) throws(KubeError) -> (String, Value) {
    var reader = ProtobufReader(bytes)
    var key = ""
    var content = bytes.prefix(0)
    while let (number, field) = try reader.next() {
      guard case .bytes(let part) = field else { throw ProtobufReader.malformed }
      if number == 1 { key = String(decoding: part, as: UTF8.self) }
      if number == 2 { content = part }
    }
    if case .bytesMap = type { return (key, .string(Base64.encode(content))) }
    return (key, .string(String(decoding: content, as: UTF8.self)))
  }

  private static func time(_ bytes: ArraySlice<UInt8>) throws(KubeError) -> Value? {
    var reader = ProtobufReader(bytes)
    var seconds: Int64 = 0
    while let (number, field) = try reader.next() {
      if number == 1, case .varint(let value) = field { seconds = Int64(bitPattern: value) }
    }
    if seconds == 0 { return nil }
    return .string(Timestamp(seconds: seconds).description)
  }

  private static func fieldsV1(_ bytes: ArraySlice<UInt8>) throws(KubeError) -> Value? {
    var reader = ProtobufReader(bytes)
    while let (number, field) = try reader.next() {
      if number == 1, case .bytes(let raw) = field { return try BodyDecoding.json(Array(raw)) }
    }
    return nil
  }
}
