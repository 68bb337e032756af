import Testing

@testable import Agent

@Suite("What simulations count")
struct SimulationTests {
  @Test("percentiles are right to 3%, whatever the magnitude")
  func percentiles() throws {
    for microseconds in [1, 7, 100, 1500, 99_000, 2_000_000, 3_600_000_000] as [Int64] {
      var histogram = LatencyHistogram()
      for _ in 0..<99 { histogram.note(.microseconds(microseconds)) }
      histogram.note(.seconds(7200))
      let found = try #require(histogram.percentile(0.99))
      #expect(found >= .microseconds(microseconds) && found <= .microseconds(microseconds + microseconds * 4 / 100 + 1))
      #expect(try #require(histogram.percentile(1)) >= .seconds(7200))
      #expect(histogram.count == 100)
    }
    #expect(LatencyHistogram().percentile(0.5) == nil)
  }

  @Test("a report survives the pipe, and sums of several keep counts, times and the latest moments")
  func reports() throws {
    var one = SimulationReport()
    one.agents = 3
    one.readyVersions = 2
    one.lastReadyVersion = 1000
    one.connecting.note(.milliseconds(5))
    one.problem = "line\nbreak \"quoted\""
    let read = try #require(SimulationReport(decoding: one.encoded))
    #expect(read == one && !one.encoded.contains(UInt8(ascii: "\n")))
    var other = SimulationReport()
    other.agents = 4
    other.lastReadyVersion = 999
    other.connecting.note(.milliseconds(500))
    other.refusal = "no"
    let sum = SimulationReport(sum: [one, other])
    #expect(sum.agents == 7 && sum.readyVersions == 2 && sum.lastReadyVersion == 1000 && sum.refusal == "no")
    #expect(sum.connecting.count == 2)
    #expect(SimulationReport(decoding: Array("no report".utf8)) == nil)
  }

  @Test("the start gate lets as many through as it has places, and everybody once it is open")
  func gate() async {
    let gate = StartGate(2)
    await gate.enter()
    await gate.enter()
    let third = Task {
      await gate.enter()
      return true
    }
    await gate.leave()
    #expect(await third.value)
    let others = (0..<3).map { _ in Task { await gate.enter() } }
    await gate.open()
    for other in others { await other.value }
  }
}
