import Document
import Foundation
import Logging
import Synchronization

/// Writes records to standard error, one line each: for people, or as JSON objects for machines.
struct StandardErrorLogHandler: LogHandler {
  let label: String
  let format: LoggingOptions.Format
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]

  init(label: String, format: LoggingOptions.Format) {
    self.label = label
    self.format = format
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    switch format {
    case .text: StandardError.write(line(event, all) + "\n")
    case .json: StandardError.write(JSON.string(object(event, all)) + "\n")
    }
  }

  /// Time, level, logger and message, then the metadata as key=value.
  private func line(_ event: LogEvent, _ metadata: [String: String]) -> String {
    var line = "\(Self.time()) \(event.level.rawValue.uppercased()) [\(label)] \(event.message)"
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
      let quoted = text.contains { $0 == " " || $0 == "\"" || $0.isNewline }
      line += " \(key)=\(quoted ? JSON.string(.string(text)) : text)"
    }
    return line
  }

  private func object(_ event: LogEvent, _ metadata: [String: String]) -> Value {
    var object = metadata.mapValues { Value.string($0) }
    object["time"] = .string(Self.time())
    object["level"] = .string(event.level.rawValue)
    object["logger"] = .string(label)
    object["message"] = .string("\(event.message)")
    return .object(object)
  }

  private static func time() -> String {
    Date().formatted(.iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
  }
}

/// Whole lines to standard error, one at a time.
enum StandardError {
  private static let lock = Mutex(())

  static func write(_ text: String) {
    lock.withLock { _ in FileHandle.standardError.write(Data(text.utf8)) }
  }
}
