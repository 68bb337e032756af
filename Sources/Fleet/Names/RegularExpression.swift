/// A regular expression in Go's syntax (RE2), matched in time proportional to expression times text: whatever a user writes,
/// there is no text that makes matching slow. Unicode classes (`\p{…}`) are not known.
public struct RegularExpression: Sendable, Hashable {
  /// The expression as written.
  public let pattern: String
  private let program: [RegularExpressionProgram.Instruction]

  /// Reads an expression.
  ///
  /// - Throws: ``FleetError`` with code `invalidField`, or `limitExceeded` when it is too long; the message says what is wrong.
  public init(_ pattern: String) throws(FleetError) {
    guard pattern.utf8.count <= Limits.regexBytes else {
      throw FleetError(
        .limitExceeded,
        "the regular expression has \(pattern.utf8.count) bytes; the limit is \(Limits.regexBytes) (regexBytes)")
    }
    var parser = RegularExpressionParser(pattern)
    var compiler = RegularExpressionProgram()
    try compiler.compile(try parser.parse())
    self.pattern = pattern
    program = compiler.instructions
  }

  /// Whether two expressions are written the same.
  public static func == (left: RegularExpression, right: RegularExpression) -> Bool { left.pattern == right.pattern }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(pattern) }

  /// Whether the expression matches the text from its first character on, as `^(?:pattern)` does; not necessarily to its end.
  public func matchesPrefix(of text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var current = StateSet(count: program.count)
    var next = StateSet(count: program.count)
    guard !follow(0, scalars, 0, into: &current) else { return true }
    for position in scalars.indices {
      next.removeAll()
      for state in current.states {
        guard case .set(let set) = program[state], set.contains(scalars[position]) else { continue }
        if follow(state + 1, scalars, position + 1, into: &next) { return true }
      }
      if next.states.isEmpty { return false }
      swap(&current, &next)
    }
    return false
  }

  /// Adds a state and all that are reached from it without reading; whether the end is among them.
  private func follow(_ start: Int, _ scalars: [Unicode.Scalar], _ position: Int, into set: inout StateSet) -> Bool {
    var pending = [start]
    while let state = pending.popLast() {
      guard set.insert(state) else { continue }
      switch program[state] {
      case .match: return true
      case .set: continue
      case .split(let other): pending += [other, state + 1]
      case .jump(let target): pending.append(target)
      case .assert(let assertion):
        let before = position > 0 ? scalars[position - 1] : nil
        let after = position < scalars.count ? scalars[position] : nil
        if assertion.holds(before: before, after: after) { pending.append(state + 1) }
      }
    }
    return false
  }

  /// States in the order in which they were added, each once.
  private struct StateSet {
    private(set) var states: [Int] = []
    private var contained: [Bool]

    init(count: Int) { contained = Array(repeating: false, count: count) }

    mutating func insert(_ state: Int) -> Bool {
      guard !contained[state] else { return false }
      contained[state] = true
      states.append(state)
      return true
    }

    mutating func removeAll() {
      for state in states { contained[state] = false }
      states.removeAll(keepingCapacity: true)
    }
  }
}

/// The instructions of a regular expression.
struct RegularExpressionProgram {
  enum Instruction: Sendable {
    /// Reads one character.
    case set(ScalarSet)
    /// Goes on with the next instruction and with another one.
    case split(Int)
    case jump(Int)
    case assert(Assertion)
    case match
  }

  private(set) var instructions: [Instruction] = []

  /// - Throws: ``FleetError`` with code `limitExceeded`.
  mutating func compile(_ node: RegularExpressionNode) throws(FleetError) {
    try emit(node)
    instructions.append(.match)
  }

  private mutating func append(_ instruction: Instruction) throws(FleetError) {
    guard instructions.count < Limits.regexStates else {
      throw FleetError(
        .limitExceeded,
        "the regular expression has more than \(Limits.regexStates) states (regexStates);"
          + " use smaller repetitions")
    }
    instructions.append(instruction)
  }

  private mutating func emit(_ node: RegularExpressionNode) throws(FleetError) {
    switch node {
    case .set(let set): try append(.set(set))
    case .assertion(let assertion): try append(.assert(assertion))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .choice(let nodes):
      var jumps: [Int] = []
      for (index, node) in nodes.enumerated() {
        guard index < nodes.count - 1 else {
          try emit(node)
          break
        }
        let split = instructions.count
        try append(.split(0))
        try emit(node)
        jumps.append(instructions.count)
        try append(.jump(0))
        instructions[split] = .split(instructions.count)
      }
      for jump in jumps { instructions[jump] = .jump(instructions.count) }
    case .repetition(let inner, let minimum, let maximum):
      for _ in 0..<minimum { try emit(inner) }
      guard let maximum else {
        let start = instructions.count
        try append(.split(0))
        try emit(inner)
        try append(.jump(start))
        instructions[start] = .split(instructions.count)
        return
      }
      var splits: [Int] = []
      for _ in minimum..<maximum {
        splits.append(instructions.count)
        try append(.split(0))
        try emit(inner)
      }
      for split in splits { instructions[split] = .split(instructions.count) }
    }
  }
}
