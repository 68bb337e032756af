import Document

/// What a verb answers, independent of the HTTP library.
struct APIAnswer: Sendable {
  /// A whole body, or a stream that begins when the head is sent.
  enum Body: Sendable {
    case bytes([UInt8])
    case watch(Watch)
  }

  var status = 200
  var contentType: String
  var body: Body
  /// Sent as `Warning: 299 - "..."`.
  var warnings: [String] = []
  var headers: [String: String] = [:]

  /// A document as JSON.
  static func json(_ value: Value, status: Int = 200, contentType: String = "application/json") -> APIAnswer {
    APIAnswer(status: status, contentType: contentType, body: .bytes(JSON.encode(value) + [10]))
  }

  /// A document in the syntax the client accepts.
  static func document(
    _ value: Value, as representation: Representation, status: Int = 200, warnings: [String] = []
  ) -> APIAnswer {
    let bytes: [UInt8] =
      representation.syntax == .json ? JSON.encode(value) + [10] : Array(YAML.emit(value).utf8)
    return APIAnswer(
      status: status, contentType: representation.contentType, body: .bytes(bytes), warnings: warnings)
  }

  /// An error as a Status.
  static func error(_ error: KubeError) -> APIAnswer {
    var answer = json(error.status, status: error.code.status)
    if let seconds = error.details?.retryAfterSeconds, seconds > 0 { answer.headers["Retry-After"] = String(seconds) }
    return answer
  }

  /// Plain text.
  static func text(_ text: String, status: Int = 200) -> APIAnswer {
    APIAnswer(status: status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
  }
}
