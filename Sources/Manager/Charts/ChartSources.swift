import Fleet

/// With what the charts of one repository are fetched: credentials and where they are sent, and the SSH servers to trust.
public struct ChartSources: Sendable {
  /// Credentials, and to which servers they are sent.
  public var access: ChartAccess
  /// The SSH servers to trust for charts in git, in the format of `known_hosts`; nil trusts none.
  public var knownHosts: String?
  /// Why a chart cannot be fetched at all, a missing Secret for example: what is wrong and what to do; nil where it can.
  public var refusal: @Sendable (ChartRequest) -> String?

  /// Sources; without arguments nothing is sent to anybody.
  public init(
    access: ChartAccess = .anonymous, knownHosts: String? = nil,
    refusal: @escaping @Sendable (ChartRequest) -> String? = { _ in nil }
  ) {
    self.access = access
    self.knownHosts = knownHosts
    self.refusal = refusal
  }
}

/// Is told, in a few words without secrets, what a build waits for: `fetching chart nginx 1.2.3 from https://…`.
public typealias ChartProgress = @Sendable (String) async -> Void
