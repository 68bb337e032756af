import ArgumentParser
import Logging

/// The logging options of verbs that run to an end: quiet unless something is wrong.
struct VerbLogging: ParsableArguments {
  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: Logger.Level?

  @Option(help: "text or json, one object a line.")
  var logFormat: LoggingOptions.Format = .text

  @Flag(help: "The same as --log-level debug.")
  var debug = false

  /// Makes the process's logging system speak so, once, and returns the verb's logger.
  func bootstrap(_ label: String) -> Logger {
    var options = LoggingOptions()
    options.logLevel = logLevel ?? (debug ? .debug : .warning)
    options.logFormat = logFormat
    return options.bootstrap(label: label)
  }
}
