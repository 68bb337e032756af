import Document

/// The current bearer token. A token file is read again when it is older than the limit, or after the server refused its token.
actor TokenSource {
  private let token: KubeConfig.Token
  private let limits: KubeClientLimits
  private var cached: (token: String, read: ContinuousClock.Instant)?

  init(_ token: KubeConfig.Token, limits: KubeClientLimits) {
    self.token = token
    self.limits = limits
  }

  /// The token to send. `refused` is one that the server did not accept.
  func current(refused: String? = nil) throws(KubeClientError) -> String {
    switch token {
    case .fixed(let token): return token
    case .file(let path):
      let now = ContinuousClock.now
      if let cached, cached.token != refused, now - cached.read < limits.tokenAge { return cached.token }
      // A file of a few hundred bytes, in memory (tmpfs) in a pod: not worth a thread.
      let token = String(decoding: try SmallFile.read(path, limit: limits.configurationBytes), as: UTF8.self)
        .trimmedOfSpace
      guard !token.isEmpty else { throw KubeClientError(.configuration, "the token file \(path) is empty") }
      cached = (token, now)
      return token
    }
  }

  /// Whether asking again after a refusal can give another token.
  nonisolated var canChange: Bool {
    if case .file = token { true } else { false }
  }
}
