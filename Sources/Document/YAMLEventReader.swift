import CYAML

/// A place in a YAML text, counted from 1.
struct YAMLMark {
  var line: Int
  var column: Int

  init(_ mark: yaml_mark_t) {
    line = Int(mark.line) + 1
    column = Int(mark.column) + 1
  }
}

/// A libyaml event as a Swift value.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case alias(String)
    case scalar(YAMLScalar)
  }

  var kind: Kind
  var anchor: String?
  var mark: YAMLMark
}

/// libyaml's parser over a buffer that outlives it. A class, because libyaml keeps pointers into the parser's own memory.
final class YAMLEventReader {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeBufferPointer<UInt8>
  private let file: String

  init(_ input: UnsafeBufferPointer<UInt8>, file: String) {
    self.input = input
    self.file = file
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    // Fails only for want of memory; the parser is then zeroed and its first event is an error.
    _ = yaml_parser_initialize(parser)
    yaml_parser_set_input_string(parser, input.baseAddress ?? Self.nothing, input.count)
  }

  /// An empty array's buffer has no address, and libyaml asserts one.
  private static var nothing: UnsafePointer<UInt8> { ("" as StaticString).utf8Start }

  deinit {
    yaml_parser_delete(parser)
    parser.deinitialize(count: 1)
    parser.deallocate()
  }

  /// The next event. After an error or the stream's end it must not be called again.
  func next() throws(DocumentError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
    defer { yaml_event_delete(&event) }
    let mark = YAMLMark(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, mark: mark)
    case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, mark: mark)
    case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, mark: mark)
    case YAML_ALIAS_EVENT:
      return YAMLEvent(kind: .alias(text(event.data.alias.anchor) ?? ""), mark: mark)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let content = YAMLScalar(
        text: String(decoding: bytes, as: UTF8.self), tag: text(scalar.tag),
        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
      return YAMLEvent(kind: .scalar(content), anchor: text(scalar.anchor), mark: mark)
    case YAML_SEQUENCE_START_EVENT:
      return YAMLEvent(kind: .sequenceStart, anchor: text(event.data.sequence_start.anchor), mark: mark)
    case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, mark: mark)
    case YAML_MAPPING_START_EVENT:
      return YAMLEvent(kind: .mappingStart, anchor: text(event.data.mapping_start.anchor), mark: mark)
    case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, mark: mark)
    default: return YAMLEvent(kind: .streamEnd, mark: mark)
    }
  }

  /// An error at a place of this text.
  func error(_ code: DocumentError.Code, _ message: String, at mark: YAMLMark) -> DocumentError {
    DocumentError(code, message, file: file, line: mark.line, column: mark.column)
  }

  private func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
    pointer.map { String(cString: UnsafePointer($0)) }
  }

  private func problem() -> DocumentError {
    let state = parser.pointee
    var message = state.problem.map { String(cString: $0) } ?? "out of memory"
    if state.error == YAML_READER_ERROR {
      return DocumentError(
        .syntax, "not readable as text: \(message)", file: file, line: readerLine(state.problem_offset).line,
        column: readerLine(state.problem_offset).column)
    }
    if let context = state.context.map({ String(cString: $0) }) {
      message = "\(context): \(message)"
      let start = YAMLMark(state.context_mark)
      if state.context_mark.line != state.problem_mark.line { message += " (it began at line \(start.line))" }
    }
    if input.contains(UInt8(ascii: "\t")), message.contains("cannot start any token") {
      message += "; YAML is indented by spaces, not by tabs"
    }
    return error(.syntax, message, at: YAMLMark(state.problem_mark))
  }

  /// libyaml's reader names a byte offset alone.
  private func readerLine(_ offset: Int) -> (line: Int, column: Int) {
    let before = input.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (1 + before.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }, before.count - lineStart + 1)
  }
}
