import Document
import Foundation
import TestSupport

/// The kubectl on this machine, the reference for YAML as Kubernetes reads and writes it.
enum Kubectl {
  static let path = ["/usr/bin/kubectl", "/usr/local/bin/kubectl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static var isThere: Bool { path != nil }

  /// What kubectl prints; `-` among the arguments names the input.
  static func run(_ arguments: [String], _ input: String) async throws -> String {
    try await Command([path ?? ""] + arguments, input: input).run().output
  }
}

/// A small seeded generator, so that a failing case is one number.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Trees with the strings and numbers that break encoders.
enum RandomValue {
  static func make(_ random: inout SplitMix, depth: Int) -> Value {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &random) {
    case 0: return nil
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
    case 3:
      let double = Double(bitPattern: random.next())
      return double.isFinite ? .canonical(double) : 0.1
    case 4, 5: return .string(string(&random))
    case 6, 7: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in make(&random, depth: depth - 1) })
    default:
      let members = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
        (string(&random), make(&random, depth: depth - 1))
      }
      return .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
    }
  }

  static func string(_ random: inout SplitMix) -> String {
    let pieces = [
      "a", "b c", " ", "  ", "\n", "\n\n", "\t", "\r", ":", ": ", "#", " #", "-", "- ", "?", "!", "&", "*", "'", "\"",
      "\\", "%", "@",
      "`", "{", "}", "[", "]", ",", "|", ">", "~", "null", "true", "no", "1", "0x1", "1e3", ".5", "2001-01-01", "<<",
      "=", "é",
      "\u{1F600}", "\u{85}", "\u{2028}", "\u{FEFF}", "\0", "\u{7F}", "\u{1B}", "---", "...", "key: value\n",
      "  indented\n", "x",
    ]
    let count = Int.random(in: 0..<5, using: &random)
    return (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }
}
