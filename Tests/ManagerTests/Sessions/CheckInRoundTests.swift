import Testing

@testable import Manager

@Suite("Turns of checking in")
struct CheckInRoundTests {
  @Test("everybody has one turn in a round, nobody who has left has one, and turns are spread")
  func round() {
    var round = CheckInRound<Int>(ticks: 10)
    var next = 0
    for member in 0..<100 {
      round.join(member) { range in
        next += 1
        return range.lowerBound + next % range.count
      }
    }
    round.join(5) { $0.lowerBound }
    round.leave(7)
    var seen: [Int] = []
    for _ in 0..<10 {
      let turn = round.tick()
      #expect(turn.count <= 10)
      seen += turn
    }
    #expect(seen.sorted() == (0..<100).filter { $0 != 7 })
    #expect(round.tick().count > 0, "the next round begins")
  }
}
