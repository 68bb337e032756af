/// What Helm says of a failed pull, as an error that says what to do.
struct PullFailure {
  let pull: ChartPull

  /// The error for what the library said.
  func error(_ text: String) -> HelmError {
    let words = Self.words(text)
    func says(_ phrases: String...) -> Bool { phrases.contains { words.contains($0) } }

    if says("x509:", "failed to verify certificate", "tls: bad certificate") {
      return make(
        .untrustedCertificate,
        "the server's certificate is not trusted (\(reason(text))): give its authority's certificate (cacerts in the "
          + "Secret that helmSecretName names), or skip the check (insecureSkipVerify)")
    }
    if says(
      "401 unauthorized", "403 forbidden", "status code 401", "status code 403", "basic credential not found", "denied:"
    ) {
      return make(.accessDenied, denial(text))
    }
    if says("server gave http response to https client") {
      return make(
        .repositoryFailed,
        "the registry speaks HTTP without TLS: allow it (basicHTTP in the Secret that helmSecretName names)")
    }
    if says("improper constraint", "invalid semantic version", "invalid version") {
      return make(
        .invalidArgument,
        "\"\(pull.version)\" is neither a version (1.2.3) nor a constraint (^1.2, >=1.0 <2): correct it")
    }
    if says("larger than the maximum size", "exceeds the maximum", "file too large") {
      return make(.limitExceeded, "it is larger than Helm takes: \(reason(text))")
    }
    if says("no such host", "connection refused", "timeout", "deadline exceeded", "network is unreachable", "no route")
    {
      return make(
        .repositoryFailed, "the server cannot be reached: \(reason(text)); check the address, and that the server is up"
      )
    }
    return make(.repositoryFailed, reason(text))
  }

  /// Whether the server said that what was asked for is not there.
  static func isNotFound(_ text: String) -> Bool {
    let words = words(text)
    return ["404 not found", "status code 404", ": not found", "could not locate a version", "name unknown"].contains(
      where: words.contains)
  }

  /// The text in lower case without addresses and names, whose digits and words tell nothing.
  private static func words(_ text: String) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace)
      .map { $0.contains("/") ? ":" : $0 }.joined(separator: " ").replacing(" : ", with: ": ")
  }

  /// The repository has an index, but not this chart.
  func missingChart(among charts: [String]) -> HelmError {
    make(.chartNotFound, "there is no such chart; the repository has \(list(charts)): correct chart or repo")
  }

  /// The chart is there, but no version fits.
  func missingVersion(among versions: [String]) -> HelmError {
    let wanted = pull.version.isEmpty ? "release (versions that are no pre-releases)" : "version \(pull.version)"
    return make(.chartNotFound, "it has no \(wanted); there are \(list(versions)): correct version")
  }

  /// An error in these words.
  func make(_ code: HelmError.Code, _ reason: String) -> HelmError {
    Redaction(pull.credentials)(HelmError(code: code, message: "\(pull.displayName): \(reason)"))
  }

  private func denial(_ text: String) -> String {
    let hasCredentials = pull.credentials.map { !$0.username.isEmpty || !$0.password.isEmpty } ?? false
    return hasCredentials
      ? "the server refuses this user and password (\(reason(text))): correct them in the Secret that helmSecretName names"
      : "the server wants credentials (\(reason(text))): name a Secret with username and password in helmSecretName, and "
        + "let helmRepoURLRegex match the address"
  }

  /// The library's words on one line, without what every message repeats.
  private func reason(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
    return String(line.prefix(600))
  }

  private func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "none" }
    let shown = names.prefix(10).joined(separator: ", ")
    return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
  }
}
