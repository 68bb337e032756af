import Fleet
import GitSource
import HelmEngine

/// One chart that is wanted, with the credentials that its server may see.
struct Question: Sendable {
  let identity: ChartIdentity
  let credentials: HelmCredentials?
  let knownHosts: String?
  /// How the chart is called in progress and errors.
  let name: String

  /// Throws `FleetError` where the address is none, or must not be asked.
  init(_ request: ChartRequest, _ sources: ChartSources) throws(FleetError) {
    let address = try ChartAddress(request)
    if let refusal = address.server.refusal ?? sources.refusal(request) {
      throw FleetError(.chartUnavailable, refusal)
    }
    credentials = sources.access.credentials(for: request)
    if let credentials, !credentials.password.isEmpty, address.hidesItsServer {
      throw FleetError(
        .chartUnavailable,
        "the address has a user of its own before the server \(address.server.host), so the credentials for chart servers"
          + " are not sent there; leave the user out")
    }
    identity = ChartIdentity(address: address, version: request.version, credentials: credentials)
    knownHosts = sources.knownHosts
    name =
      switch address {
      case .repository(let url, let chart):
        [chart, request.version, "from", URLRedaction.redacted(url)].filter { !$0.isEmpty }.joined(separator: " ")
      default: "\(address)" + (request.version.isEmpty ? "" : " \(request.version)")
      }
  }
}

extension ChartSupplier {
  /// A chart from the cache where that may answer, otherwise from its server.
  func load(_ question: Question, fresh: Bool, _ progress: @escaping ChartProgress) async -> ChartFlights.Outcome {
    do {
      if case .git(let url, let reference, let subdirectory) = question.identity.address {
        let source = GitCharts.Source(
          url: url, reference: reference, subdirectory: subdirectory, credentials: question.credentials,
          knownHosts: question.knownHosts)
        return .success(
          try await loadFromGit(source, question.identity, fresh: fresh) {
            await progress("fetching chart \(question.name)")
          })
      }
      if !fresh, let known = await cached(question.identity) { return .success(try await unpack(known)) }
      await progress("fetching chart \(question.name)")
      return .success(try await fetch(question))
    } catch {
      logger.info("a chart cannot be fetched", metadata: ["chart": "\(question.name)", "error": "\(error)"])
      return .failure(Self.error(error))
    }
  }

  private func cached(_ identity: ChartIdentity) async -> [UInt8]? {
    let time = now()
    return await files.perform { [cache] in
      guard let record = cache.record(identity.key), record.isCurrent(exact: identity.isExact, now: time) else {
        return nil
      }
      return cache.archive(of: record)
    }
  }

  private func fetch(_ question: Question) async throws -> SuppliedChart {
    let started = ContinuousClock.now
    let archive = try await slots.perform(question.identity.address.server.host) {
      try await pull(question.pull).archive
    }
    // Only what can be read is kept.
    let chart = try await unpack(archive)
    logger.info(
      "fetched a chart",
      metadata: [
        "chart": "\(question.name)", "version": "\(chart.version)", "bytes": "\(archive.count)",
        "duration": "\(ContinuousClock.now - started)",
      ])
    let record = ChartRecord(
      name: chart.name, version: chart.version, content: Digests.sha256Hex(archive), fetched: now())
    let identity = question.identity
    let kept = await files.perform { [cache] in
      Result { () throws(ManagerError) in try cache.keep(record, archive, as: identity.key) }
    }
    if case .failure(let error) = kept { warnNotKept(error) }
    return chart
  }

  private func unpack(_ archive: [UInt8]) async throws -> SuppliedChart {
    try await files.perform {
      Result { () throws(FleetError) in try ChartArchiveReader.chart(of: archive) }
    }.get()
  }

  private func loadFromGit(
    _ source: GitCharts.Source, _ identity: ChartIdentity, fresh: Bool, _ announce: @Sendable () async -> Void
  ) async throws -> SuppliedChart {
    let key = identity.key
    let time = now()
    let record = await files.perform { [cache] in cache.record(key) }
    if !fresh, let record, record.isCurrent(exact: identity.isExact, now: time),
      await git.contains(record.content, source)
    {
      return try await git.chart(record.content, source)
    }
    await announce()
    let commit = try await git.fetch(source)
    let chart = try await git.chart(commit, source)
    let found = ChartRecord(name: chart.name, version: chart.version, content: commit, fetched: time)
    let kept = await files.perform { [cache] in
      Result { () throws(ManagerError) in try cache.keep(found, as: key) }
    }
    if case .failure(let error) = kept { warnNotKept(error) }
    return chart
  }

  /// A full disk costs fetches, not bundles.
  private func warnNotKept(_ error: ManagerError) {
    logger.warning("a fetched chart cannot be kept; it is fetched again", metadata: ["error": "\(error)"])
  }
}

extension Question {
  /// What the server is asked.
  fileprivate var pull: ChartPull {
    let version = identity.version
    let login = credentials.map {
      ChartCredentials(
        username: $0.username, password: $0.password, caBundle: $0.caCertificates,
        insecureSkipTLSVerify: $0.insecureSkipTLSVerify, plainHTTP: $0.basicHTTP)
    }
    return switch identity.address {
    case .repository(let url, let chart): ChartPull(chart: chart, repo: url, version: version, credentials: login)
    case .registry(let url), .archive(let url), .git(let url, _, _):
      ChartPull(chart: url, repo: "", version: version, credentials: login)
    }
  }
}
