import CYAML

/// Writes one document through libyaml.
enum YAMLEmitter {
  /// The document's text, ending in a line break. Should libyaml fail, which takes an exhausted memory, the text is JSON, which
  /// YAML readers take as well.
  static func document(_ value: Value) -> String {
    let output = Output()
    let emitter = UnsafeMutablePointer<yaml_emitter_t>.allocate(capacity: 1)
    emitter.initialize(to: yaml_emitter_t())
    defer {
      yaml_emitter_delete(emitter)
      emitter.deinitialize(count: 1)
      emitter.deallocate()
    }
    let written = withExtendedLifetime(output) {
      guard yaml_emitter_initialize(emitter) == 1 else { return false }
      yaml_emitter_set_output(emitter, appendOutput, Unmanaged.passUnretained(output).toOpaque())
      yaml_emitter_set_unicode(emitter, 1)
      yaml_emitter_set_indent(emitter, 2)
      yaml_emitter_set_width(emitter, 80)
      var writer = Writer(emitter: emitter)
      writer.document(value)
      return writer.succeeded
    }
    return written ? String(decoding: output.bytes, as: UTF8.self) : JSON.string(value) + "\n"
  }

  /// Feeds libyaml one event after another, and stops feeding at the first failure.
  private struct Writer {
    let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private(set) var succeeded = true
    private var event = yaml_event_t()

    init(emitter: UnsafeMutablePointer<yaml_emitter_t>) { self.emitter = emitter }

    mutating func document(_ value: Value) {
      emit(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING))
      emit(yaml_document_start_event_initialize(&event, nil, nil, nil, 1))
      write(value)
      emit(yaml_document_end_event_initialize(&event, 1))
      emit(yaml_stream_end_event_initialize(&event))
    }

    private mutating func emit(_ initialized: Int32) {
      guard succeeded else {
        // The event is not handed over, so it is this side's to free.
        if initialized == 1 { yaml_event_delete(&event) }
        return
      }
      succeeded = initialized == 1 && yaml_emitter_emit(emitter, &event) == 1
    }

    private mutating func write(_ value: Value) {
      switch value {
      case .null: scalar("null", style: YAML_PLAIN_SCALAR_STYLE)
      case .bool(let bool): scalar(bool ? "true" : "false", style: YAML_PLAIN_SCALAR_STYLE)
      case .integer(let integer): scalar(String(integer), style: YAML_PLAIN_SCALAR_STYLE)
      case .number(let double):
        scalar(double.isFinite ? NumberText.general(double) : "null", style: YAML_PLAIN_SCALAR_STYLE)
      case .string(let string): scalar(string, style: style(of: string))
      case .array(let elements):
        let style = elements.isEmpty ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
        emit(yaml_sequence_start_event_initialize(&event, nil, nil, 1, style))
        for element in elements { write(element) }
        emit(yaml_sequence_end_event_initialize(&event))
      case .object(let members):
        let style = members.isEmpty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
        emit(yaml_mapping_start_event_initialize(&event, nil, nil, 1, style))
        for (key, member) in members.sorted(by: { ByteOrder.precedes($0.key, $1.key) }) {
          scalar(key, style: self.style(of: key))
          write(member)
        }
        emit(yaml_mapping_end_event_initialize(&event))
      }
    }

    /// A wish; libyaml takes another style where this one cannot carry the text.
    private func style(of text: String) -> yaml_scalar_style_t {
      if text.utf8.contains(UInt8(ascii: "\n")) {
        // A block scalar would lose these: libyaml's reader takes each of them for a line break.
        let fragile = text.unicodeScalars.contains {
          ["\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"].contains($0)
        }
        return fragile ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_LITERAL_SCALAR_STYLE
      }
      if text.unicodeScalars.contains(where: { ["\u{2028}", "\u{2029}"].contains($0) }) {
        return YAML_DOUBLE_QUOTED_SCALAR_STYLE
      }
      return YAMLScalar.needsQuotes(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE
    }

    private mutating func scalar(_ text: String, style: yaml_scalar_style_t) {
      var text = text
      let initialized = text.withUTF8 { bytes in
        yaml_scalar_event_initialize(
          &event, nil, nil, bytes.baseAddress ?? Self.nothing, Int32(bytes.count), 1, 1, style)
      }
      emit(initialized)
    }

    private static var nothing: UnsafePointer<UInt8> { ("" as StaticString).utf8Start }
  }
}

private final class Output {
  var bytes = [UInt8]()
}

/// libyaml's write handler; its context is an `Output`.
private func appendOutput(
  _ context: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int
) -> Int32 {
  guard let context, let bytes else { return 0 }
  let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
  output.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
  return 1
}
