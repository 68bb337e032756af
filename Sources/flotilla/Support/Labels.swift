import ArgumentParser

/// Labels on the command line.
enum Labels {
  /// Reads `key=value` texts, of which the last one of a key wins; throws a usage error that names the option.
  static func parse(_ texts: [String], option: String) throws -> [String: String] {
    var labels: [String: String] = [:]
    for text in texts {
      guard let split = text.firstIndex(of: "="), split != text.startIndex else {
        throw ValidationError("\(option) takes KEY=VALUE, not '\(text)'")
      }
      labels[String(text[..<split])] = String(text[text.index(after: split)...])
    }
    return labels
  }
}
