import Foundation
import Testing

/// Every decoder that reads bytes from outside, given mutations of good inputs: none traps, loops, or contradicts itself.
///
/// `FLOTILLA_FUZZ_SECONDS=60` fuzzes each target that long; `FLOTILLA_FUZZ=<target>:<seed>:<input>` makes one input again.
@Suite("Fuzzing", .serialized)
struct FuzzTests {
  @Test("a decoder of outside bytes refuses or reads what it is given, and nothing else happens", arguments: all)
  func decoder(_ target: FuzzTarget) throws {
    defer { FuzzAlarm.clear() }
    try FuzzRun(target, FuzzPlan(ProcessInfo.processInfo.environment)).run()
  }

  @Test("the same seed gives the same input, and a finding is told with the line that makes it again")
  func reproduces() throws {
    let target = FuzzTarget(name: "self-test", form: .text, seeds: [Array("abc".utf8)], dictionary: ["BUG"]) { bytes in
      try promise(!bytes.starts(with: Array("BUG".utf8)), "it begins with BUG")
    }
    var messages: Set<String> = []
    for _ in 0..<2 {
      do {
        try FuzzRun(target, FuzzPlan()).run()
        Issue.record("the bug was not found")
      } catch let finding as FuzzTarget.Finding {
        messages.insert("\(finding)")
      }
    }
    #expect(messages.count == 1 && messages.first?.contains("FLOTILLA_FUZZ=self-test:") == true)
    FuzzAlarm.clear()
  }

  static let all: [FuzzTarget] = WireTargets.all + DocumentTargets.all + FleetTargets.all + ClusterTargets.all
}
