import Wire

/// Where an agent's keys and its manager's are kept. Every change is durable when its call returns.
protocol KeyKeeper: Sendable {
  /// Keeps the pair that the agent is changing to.
  func keep(next pair: CurveKeyPair) async throws
  /// The pair that was kept last takes the place of the agent's own.
  func adoptNext() async throws
  /// How long the agent has had its pair.
  func keyAge() async throws -> Duration
  /// Notes what the agent knows of its manager.
  func save(_ enrollment: EnrollmentRecord) async throws
}

/// The keys of a link: the agent's own pair, the one that it is changing to, and the manager's. A value without I/O.
///
/// Both sides know two keys of each other while one is being changed, so that whoever crashes in between can go on with either.
struct LinkKeys: Sendable {
  /// What the agent proves.
  private(set) var pair: CurveKeyPair
  /// What it is going to prove; nil while it does not change.
  var next: CurveKeyPair?
  /// What it knows of its manager.
  private(set) var enrollment: EnrollmentRecord
  /// The next connection is made with the manager's next key.
  private(set) var expectsNext = false

  init(pair: CurveKeyPair, next: CurveKeyPair? = nil, enrollment: EnrollmentRecord) {
    self.pair = pair
    self.next = next
    self.enrollment = enrollment
  }

  /// The key that the manager has to prove in the next connection.
  var managerKey: CurvePublicKey {
    expectsNext ? enrollment.nextManagerKey ?? enrollment.managerPublicKey : enrollment.managerPublicKey
  }

  /// The agent proved its next key, and the manager knows no other.
  mutating func adopt() {
    guard let next else { return }
    pair = next
    self.next = nil
  }

  /// The manager at the other end did not prove the expected key: true where the other one is worth a try.
  mutating func managerWasAnother() -> Bool {
    guard enrollment.nextManagerKey != nil else { return false }
    expectsNext.toggle()
    return true
  }

  /// The manager proved the expected key, and says which one is to come. True where there is something to keep.
  mutating func connected(next announced: CurvePublicKey?) -> Bool {
    let before = enrollment
    if expectsNext { enrollment.managerChanged() }
    expectsNext = false
    enrollment.nextManagerKey = announced
    return enrollment != before
  }
}
