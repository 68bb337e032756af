import ArgumentParser
import Foundation
import Logging

/// `--log-level` and `--log-format`, the same for every verb that runs for long; logs go to standard error.
struct LoggingOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: Logger.Level = .info

  @Option(help: "text or json, one object a line.")
  var logFormat: Format = .text

  /// Makes the process's logging system speak so, once, and returns the process's logger.
  func bootstrap(label: String) -> Logger {
    let format = logFormat
    let level = logLevel
    LoggingSystem.bootstrap { label in
      var handler = StandardErrorLogHandler(label: label, format: format)
      handler.logLevel = level
      return handler
    }
    return Logger(label: label)
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
