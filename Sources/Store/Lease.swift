/// The right of one holder to a name for a while, for example leadership, or ownership of an agent.
public struct Lease: Hashable, Sendable {
  /// What the lease is for.
  public let name: String
  /// Who has it.
  public let holder: String
  /// The fencing token: each acquisition of a name gets a larger one, for ever, across restarts. A commit that carries a
  /// lease whose token is no longer the newest fails with ``StoreError/Code/fenced``.
  public let token: UInt64
  /// How long the lease lasts from its acquisition or last renewal.
  public let duration: Duration

  /// A lease with all its parts.
  public init(name: String, holder: String, token: UInt64, duration: Duration) {
    self.name = name
    self.holder = holder
    self.token = token
    self.duration = duration
  }
}
