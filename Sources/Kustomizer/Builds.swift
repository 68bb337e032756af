/// Makes every build once: keeps results, joins equal builds that are asked for at the same time, and lets only a few
/// run at once.
actor Builds {
  typealias Outcome = Result<[UInt8], KustomizerError>
  typealias Work = @Sendable () async -> Outcome

  /// What a build is made of; all of it, so that no two builds are ever taken for one another.
  struct Key: Hashable, Sendable {
    let tree: FileTree
    let directory: String

    var bytes: Int { tree.files.reduce(0) { $0 + $1.path.utf8.count + $1.bytes.count } }
  }

  private struct Build {
    let id: UInt64
    let work: Work
    var task: Task<Void, Never>?
    var waiters: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
  }

  private let limits: KustomizerLimits
  private var cache: ResultCache
  private var builds: [Key: Build] = [:]
  private var waiting: [Key] = []
  private var running = 0
  private var lastID: UInt64 = 0

  init(limits: KustomizerLimits) {
    self.limits = limits
    cache = ResultCache(entries: limits.cachedBuilds, bytes: limits.cachedBytes)
  }

  /// The result of a build, kept, shared or made. Cancelling one who waits leaves the build to the others.
  func result(of key: Key, work: @escaping Work) async -> Outcome {
    if let kept = cache.value(for: key) { return .success(kept) }
    if builds[key] == nil, waiting.count >= limits.waitingBuilds {
      return .failure(
        KustomizerError(.overloaded, "\(waiting.count) kustomizations wait for their build already: try again later"))
    }
    let waiter = makeID()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // The handler may have run before there was anybody to dismiss.
        guard !Task.isCancelled else { return continuation.resume(returning: Builds.cancelled) }
        if builds[key] == nil {
          builds[key] = Build(id: makeID(), work: work)
          waiting.append(key)
        }
        builds[key]?.waiters[waiter] = continuation
        startWaiting()
      }
    } onCancel: {
      Task { await self.dismiss(waiter, from: key) }
    }
  }

  private static let cancelled = Outcome.failure(KustomizerError(.cancelled, "the build was cancelled"))

  private func startWaiting() {
    while running < max(1, limits.concurrentBuilds), !waiting.isEmpty {
      let key = waiting.removeFirst()
      guard let build = builds[key] else { continue }
      running += 1
      builds[key]?.task = Task { finish(key, build.id, await build.work()) }
    }
  }

  private func makeID() -> UInt64 {
    lastID += 1
    return lastID
  }

  private func finish(_ key: Key, _ id: UInt64, _ outcome: Outcome) {
    running -= 1
    if case .success(let bytes) = outcome { cache.insert(bytes, for: key) }
    // One that nobody waits for any more has left its place to another one.
    if builds[key]?.id == id, let build = builds.removeValue(forKey: key) {
      for waiter in build.waiters.values { waiter.resume(returning: outcome) }
    }
    startWaiting()
  }

  private func dismiss(_ waiter: UInt64, from key: Key) {
    guard let continuation = builds[key]?.waiters.removeValue(forKey: waiter) else { return }
    continuation.resume(returning: Builds.cancelled)
    guard let build = builds[key], build.waiters.isEmpty else { return }
    build.task?.cancel()
    if build.task == nil { waiting.removeAll { $0 == key } }
    builds[key] = nil
  }
}

/// Results by what they were made of; those that were not asked for the longest go first.
struct ResultCache {
  private struct Entry {
    let value: [UInt8]
    let bytes: Int
    var lastUse: UInt64
  }

  private let entryLimit: Int
  private let byteLimit: Int
  private var entries: [Builds.Key: Entry] = [:]
  private(set) var bytes = 0
  private var uses: UInt64 = 0

  init(entries: Int, bytes: Int) {
    entryLimit = entries
    byteLimit = bytes
  }

  var count: Int { entries.count }

  mutating func value(for key: Builds.Key) -> [UInt8]? {
    uses += 1
    entries[key]?.lastUse = uses
    return entries[key]?.value
  }

  mutating func insert(_ value: [UInt8], for key: Builds.Key) {
    let size = key.bytes + value.count
    guard entryLimit > 0, size <= byteLimit, entries[key] == nil else { return }
    while entries.count >= entryLimit || bytes + size > byteLimit,
      let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      bytes -= oldest.value.bytes
      entries[oldest.key] = nil
    }
    uses += 1
    bytes += size
    entries[key] = Entry(value: value, bytes: size, lastUse: uses)
  }
}
