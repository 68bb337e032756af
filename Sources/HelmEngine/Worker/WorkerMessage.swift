import Document

/// A request to a worker, or its answer: a small JSON object, and bytes that need no encoding.
struct WorkerMessage: Sendable {
  /// What it is about.
  var header: Value
  /// What comes with it: a chart, or rendered text.
  var attachment: [UInt8] = []

  init(header: Value, attachment: [UInt8] = []) {
    self.header = header
    self.attachment = attachment
  }

  /// The header's length in four bytes, the header, the attachment.
  var bytes: [UInt8] {
    let text = JSON.encode(header)
    var bytes = Self.length(text.count)
    bytes.reserveCapacity(4 + text.count + attachment.count)
    bytes += text
    bytes += attachment
    return bytes
  }

  /// Reads what `bytes` wrote; throws `HelmError` with `workerFailed` for anything else.
  init(bytes: [UInt8]) throws(HelmError) {
    let length = bytes.count < 4 ? -1 : Self.length(of: bytes)
    guard length >= 0, bytes.count >= 4 + length else {
      throw HelmError(code: .workerFailed, message: "a message of Helm's worker is cut off")
    }
    do {
      header = try JSON.parse(bytes[4..<4 + length], file: "worker", limits: Self.headerLimits)
    } catch {
      throw HelmError(code: .workerFailed, message: "a message of Helm's worker cannot be read: \(error)", cause: error)
    }
    attachment = Array(bytes[(4 + length)...])
  }

  /// Four bytes, the highest first.
  static func length(_ count: Int) -> [UInt8] {
    let count = UInt32(truncatingIfNeeded: count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
  }

  /// What four bytes say; -1 where there are fewer.
  static func length(of bytes: some Collection<UInt8>) -> Int {
    guard bytes.count >= 4 else { return -1 }
    return bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  private static let headerLimits = DocumentLimits(bytes: Limits.workerMessageBytes, nodes: 16_000_000)
}

extension WorkerMessage {
  /// An answer that something failed.
  init(failure: HelmError) {
    self.init(header: ["error": ["code": .string("\(failure.code)"), "message": .string(failure.message)]])
  }

  /// What failed, if this is such an answer.
  var failure: HelmError? {
    guard let error = header["error"] else { return nil }
    return HelmError(
      code: HelmError.Code(name: error["code"]?.string ?? ""), message: error["message"]?.string ?? "no reason given")
  }
}
