/// A decoder of bytes from outside, with what it promises.
struct FuzzTarget: Sendable, CustomStringConvertible {
  /// What a decoder did that it must not do. Refusing bytes with its own error is not one.
  struct Finding: Error, CustomStringConvertible {
    let description: String
  }

  /// How it is named on the command line, and its folder of the corpus.
  let name: String
  let form: Mutator.Form
  /// Good inputs that the mutations begin with, beside those of the corpus.
  let seeds: [[UInt8]]
  /// Words of the format.
  var dictionary: [String] = []
  /// Decodes, and checks what must hold of the result. Throws `Finding` where it does not; any other error is a refusal.
  let check: @Sendable ([UInt8]) throws -> Void

  var description: String { name }
}

/// Throws a finding where a promise does not hold.
func promise(_ condition: Bool, _ what: @autoclosure () -> String) throws {
  guard condition else { throw FuzzTarget.Finding(description: what()) }
}

/// Says that bytes which were made by ourselves are refused, which is a finding and no refusal.
func accepted<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch {
    throw FuzzTarget.Finding(description: "\(what) is refused: \(error)")
  }
}
