import Logging
import Synchronization

/// What an agent logs, kept for a test to read.
final class MessageLog: LogHandler {
  private let lines = Mutex<[String]>([])

  /// A logger that writes here.
  var logger: Logger {
    var logger = Logger(label: "agent") { _ in self }
    logger.logLevel = .debug
    return logger
  }

  /// Whether one line holds all of these.
  func holds(_ parts: String...) -> Bool {
    lines.withLock { lines in lines.contains { line in parts.allSatisfy(line.contains) } }
  }

  func log(event: LogEvent) {
    let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    lines.withLock { $0.append(([event.message.description] + details).joined(separator: " ")) }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }

  var logLevel: Logger.Level {
    get { .debug }
    set {}
  }
}
