/// Who is to be noted as seen next: everybody once in a round of many ticks, and about as many at each tick. A value without clock;
/// joining, leaving and a tick cost nothing that grows with those that are not its turn.
struct CheckInRound<Member: Hashable & Sendable>: Sendable {
  private var turns: [Set<Member>]
  private var turn: [Member: Int] = [:]
  private var next = 0

  /// - Parameter ticks: in a round, at least 1.
  init(ticks: Int) { turns = Array(repeating: [], count: max(1, ticks)) }

  /// Adds a member, at a turn that `random` chooses of a range: many that come together must not all have the same.
  mutating func join(_ member: Member, random: (Range<Int>) -> Int) {
    guard turn[member] == nil else { return }
    let chosen = random(turns.indices)
    turn[member] = chosen
    turns[chosen].insert(member)
  }

  /// Takes a member out.
  mutating func leave(_ member: Member) {
    guard let index = turn.removeValue(forKey: member) else { return }
    turns[index].remove(member)
  }

  /// Those whose turn it is.
  mutating func tick() -> Set<Member> {
    defer { next = (next + 1) % turns.count }
    return turns[next]
  }
}
