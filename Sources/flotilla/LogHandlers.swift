import Document
import Foundation
import Logging
import Synchronization

/// One line a record for people: time, level, message, then the metadata as key=value.
struct LineLogHandler: LogHandler {
  let label: String
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var line = "\(LogClock.text()) \(event.level.rawValue.uppercased()) [\(label)] \(event.message)"
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      let text = "\(value)"
      let quoted = text.contains(where: { $0 == " " || $0 == "\"" || $0.isNewline })
      line += " \(key)=\(quoted ? JSON.string(.string(text)) : text)"
    }
    StandardError.write(line + "\n")
  }
}

/// One JSON object a line for machines: time, level, logger, message and the metadata.
struct JSONLogHandler: LogHandler {
  let label: String
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var object = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { Value.string("\($0)") }
    object["time"] = .string(LogClock.text())
    object["level"] = .string(event.level.rawValue)
    object["logger"] = .string(label)
    object["message"] = .string("\(event.message)")
    StandardError.write(JSON.string(.object(object)) + "\n")
  }
}

private enum LogClock {
  static func text() -> String {
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
