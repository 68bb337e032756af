/// A Go text template with the delimiters `${` and `}`, rewritten with those of Helm's engine, which has no others.
///
/// Pure: the text, and the way back from a place in it to the place in what its author wrote.
struct ValueTemplate: Sendable {
  /// What its author wrote.
  let source: String
  /// The same for Helm's engine: `{{` and `}}` around actions, and the author's own `{{` quoted.
  let exchanged: String
  private let places: [Place]

  /// From this byte of `exchanged` on, the bytes are those of the source from `source` on.
  struct Place: Sendable {
    let exchanged: Int
    let source: Int
  }

  /// Rewrites a template. What Go's parser would not take stays in it, for Go's parser to say so.
  ///
  /// - Throws: `HelmError` with `renderFailed` where an action uses a function that value templates do not have, or
  ///   `invalidValues` where the text is longer than `Limits.valueTemplateBytes`.
  init(_ source: String) throws(HelmError) {
    guard source.utf8.count <= Limits.valueTemplateBytes else {
      throw HelmError(
        code: .invalidValues,
        message: "the values to template have \(source.utf8.count) bytes, more than \(Limits.valueTemplateBytes): "
          + "set helm.disablePreProcess, or take parts out")
    }
    self.source = source
    var exchange = DelimiterExchange(Array(source.utf8))
    exchange.run()
    if let refused = exchange.refused {
      let place = Self.lineAndColumn(of: refused.offset, in: source)
      throw HelmError(
        code: .renderFailed,
        message: "value template, line \(place.line), column \(place.column): the function \"\(refused.name)\" is not "
          + "available: it would read what is not the cluster's (as would "
          + "\(Self.refusedFunctions.subtracting([refused.name]).sorted().joined(separator: ", ")))")
    }
    exchanged = String(decoding: exchange.output, as: UTF8.self)
    places = exchange.places
  }

  /// Whether there is anything to evaluate: a text without an action is its own result.
  var hasActions: Bool { ByteSearch.contains("${", in: source) }

  /// Fleet's templates lack these of sprig's and Helm's functions.
  static let refusedFunctions: Set<String> = ["env", "expandenv", "include", "tpl", "getHostByName", "lookup"]

  /// The line and column, from 1 and in bytes, of the author's text where Go's engine names a line from 1 and a column
  /// from 0.
  func place(line: Int, column: Int) -> (line: Int, column: Int) {
    var offset = 0
    var remaining = line - 1
    for (index, byte) in exchanged.utf8.enumerated() where remaining > 0 {
      if byte == UInt8(ascii: "\n") {
        remaining -= 1
        offset = index + 1
      }
    }
    return Self.lineAndColumn(of: sourceOffset(offset + column), in: source)
  }

  private func sourceOffset(_ offset: Int) -> Int {
    var low = 0
    var high = places.count
    while low < high {
      let middle = (low + high) / 2
      if places[middle].exchanged <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    let end = low < places.count ? places[low].source : source.utf8.count
    return min(places[low - 1].source + offset - places[low - 1].exchanged, end)
  }

  private static func lineAndColumn(of offset: Int, in text: String) -> (line: Int, column: Int) {
    let before = text.utf8.prefix(offset)
    let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
    return (line, column)
  }
}
