import Foundation
import Logging

#if canImport(Glibc)
  import Glibc
#endif

/// How the streams are shown: colour is for people at a terminal, and nobody who set NO_COLOR (https://no-color.org).
enum Terminal {
  /// What a text is about.
  enum Tone: String {
    case good = "32"
    case warning = "33"
    case bad = "31"
    case dim = "2"
    case strong = "1"
  }

  /// Whether standard output is read by a person.
  static let isOutput = isatty(STDOUT_FILENO) == 1
  /// Whether standard error is read by a person.
  static let isError = isatty(STDERR_FILENO) == 1

  private static let allowsColor: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }()

  /// The text for standard output.
  static func output(_ text: String, _ tone: Tone) -> String { paint(text, tone, isOutput) }

  /// The text for standard error.
  static func error(_ text: String, _ tone: Tone) -> String { paint(text, tone, isError) }

  private static func paint(_ text: String, _ tone: Tone, _ isTerminal: Bool) -> String {
    isTerminal && allowsColor ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// Standard output, whose reader may go away: `flotilla target ... | head` is no failure of ours.
enum StandardOutput {
  static func write(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written >= 0 {
        bytes = bytes.dropFirst(written)
      } else if errno == EPIPE {
        exit(0)
      } else if errno != EINTR {
        throw CommandError("cannot write to standard output: \(String(cString: strerror(errno)))")
      }
    }
  }
}

/// What a verb failed at: what, where and what to do next. The parser prints it after `Error: `, and the status is 1.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Lines on standard error beside the log: warnings, failures, and what is slow just now.
enum Notices {
  static func warn(_ text: String) { StandardError.write(Terminal.error("warning:", .warning) + " \(text)\n") }

  static func fail(_ text: String) { StandardError.write(Terminal.error("error:", .bad) + " \(text)\n") }

  static func say(_ text: String) { StandardError.write(text + "\n") }

  /// Says what is being done while it is done: at a terminal on a line that goes away again, elsewhere in the log.
  static func progress<Result>(
    _ what: String, _ logger: Logger, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Result
  ) async rethrows -> Result {
    begin(what, logger)
    defer { end(logger) }
    return try await body()
  }

  /// Says what is being done now.
  static func begin(_ what: String, _ logger: Logger) {
    logger.info("\(what)")
    if showsLine(logger) { StandardError.write("\r\u{1B}[K" + Terminal.error("\(what) ...", .dim)) }
  }

  /// Nothing is being done any more.
  static func end(_ logger: Logger) { if showsLine(logger) { StandardError.write("\r\u{1B}[K") } }

  private static func showsLine(_ logger: Logger) -> Bool { Terminal.isError && logger.logLevel > .info }
}
