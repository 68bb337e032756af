import Document

extension KubeClient {
  /// What the server serves: from memory, or asked for if that is the first time or `refresh` is set.
  ///
  /// - Throws: if the server cannot be asked at all. A group version that fails alone is in the result's `failures`.
  public func discovery(refresh: Bool = false) async throws(KubeClientError) -> Discovery {
    try await discoveryCache.discovery(refresh: refresh)
  }

  /// The kinds that the server serves; see `discovery`.
  public func resources(refresh: Bool = false) async throws(KubeClientError) -> [APIResource] {
    try await discovery(refresh: refresh).resources
  }

  /// The resource of an object's `apiVersion` and `kind`. What is not in memory is asked for anew, so a kind whose
  /// CustomResourceDefinition was just made is found.
  ///
  /// - Throws: `.notFound` naming the kind, if the server does not serve it.
  public func resource(apiVersion: String, kind: String) async throws(KubeClientError) -> APIResource {
    if let found = try await discoveryCache.discovery(refresh: false).resource(apiVersion: apiVersion, kind: kind) {
      return found
    }
    if let found = try await discoveryCache.ask(groupVersion: apiVersion).resource(apiVersion: apiVersion, kind: kind) {
      return found
    }
    throw KubeClientError(
      .notFound,
      "the cluster serves no kind \(kind) in \(apiVersion); its CustomResourceDefinition may be missing, or the version too old or too new"
    )
  }

  /// The resource of an object, by its `apiVersion` and `kind`.
  public func resource(of object: Value) async throws(KubeClientError) -> APIResource {
    guard let apiVersion = object["apiVersion"]?.string, let kind = object["kind"]?.string else {
      throw KubeClientError(.invalid, "the object has no apiVersion or no kind")
    }
    return try await resource(apiVersion: apiVersion, kind: kind)
  }
}

/// Discovery in memory; callers at the same time share one question to the server.
actor DiscoveryCache {
  private let transport: Transport
  private let limits: KubeClientLimits
  private var known: Discovery?
  private var loading: Task<Result<Discovery, KubeClientError>, Never>?

  init(transport: Transport, limits: KubeClientLimits) {
    self.transport = transport
    self.limits = limits
  }

  func discovery(refresh: Bool) async throws(KubeClientError) -> Discovery {
    if let known, !refresh { return known }
    let task = loading ?? Task { [transport, limits] in await Self.load(transport, limits) }
    loading = task
    let result = await task.value
    // Another caller may have begun a newer question while this one waited.
    if loading == task { loading = nil }
    let found = try result.get()
    known = found
    return found
  }

  /// Asks for one group version alone, which is one small answer.
  func ask(groupVersion: String) async throws(KubeClientError) -> Discovery {
    guard groupVersion.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty && $0 != ".." })
    else {
      throw KubeClientError(.invalid, "\"\(groupVersion)\" is no apiVersion")
    }
    let resources: [APIResource]
    do throws(KubeClientError) {
      resources = try await Self.resources(transport, groupVersion)
    } catch {
      if error.code == .notFound { return known ?? Discovery() }
      throw error
    }
    var discovery = known ?? Discovery()
    discovery.set(resources, for: groupVersion)
    known = discovery
    return discovery
  }

  private static func load(_ transport: Transport, _ limits: KubeClientLimits) async -> Result<
    Discovery, KubeClientError
  > {
    var discovery = Discovery()
    var groupVersions = [String]()
    for root in ["/api", "/apis"] {
      do throws(KubeClientError) {
        let request = KubeRequest(method: .GET, path: root, accept: DiscoveryDocuments.accept)
        let document = try await transport.value(request)
        if document["kind"] == "APIGroupDiscoveryList" {
          DiscoveryDocuments.add(aggregated: document, to: &discovery)
        } else {
          groupVersions += DiscoveryDocuments.groupVersions(document)
        }
      } catch {
        // A server may serve nothing but its own groups.
        if error.code != .notFound { return .failure(error.doing("discovery of \(root)")) }
      }
    }
    let found = await ask(groupVersions, transport, limits)
    for groupVersion in groupVersions {
      switch found[groupVersion] {
      case .success(let resources): discovery.set(resources, for: groupVersion)
      case .failure(let error): discovery.failures[groupVersion] = error.message
      case nil: continue
      }
    }
    return .success(discovery)
  }

  /// Asks for group versions, a few at a time.
  private static func ask(
    _ groupVersions: [String], _ transport: Transport, _ limits: KubeClientLimits
  ) async -> [String: Result<[APIResource], KubeClientError>] {
    // A struct, and nothing captured by a nested function: with a tuple as the group's result, Swift 6.3.1's optimised build
    // reads it wrongly and crashes.
    await withTaskGroup(of: Answer.self) { group in
      var waiting = groupVersions.makeIterator()
      var underWay = 0
      while underWay < max(1, limits.discoveryRequests), let groupVersion = waiting.next() {
        group.addTask { await answer(transport, groupVersion) }
        underWay += 1
      }
      var results = [String: Result<[APIResource], KubeClientError>]()
      while let answer = await group.next() {
        results[answer.groupVersion] = answer.result
        if let groupVersion = waiting.next() { group.addTask { await Self.answer(transport, groupVersion) } }
      }
      return results
    }
  }

  private struct Answer: Sendable {
    let groupVersion: String
    let result: Result<[APIResource], KubeClientError>
  }

  private static func answer(_ transport: Transport, _ groupVersion: String) async -> Answer {
    do {
      return Answer(groupVersion: groupVersion, result: .success(try await resources(transport, groupVersion)))
    } catch {
      return Answer(groupVersion: groupVersion, result: .failure(error))
    }
  }

  private static func resources(
    _ transport: Transport, _ groupVersion: String
  ) async throws(KubeClientError) -> [APIResource] {
    let segments = groupVersion.split(separator: "/").map { PercentEncoding.encode(String($0)) }
    let path = (segments.count == 1 ? "/api/" : "/apis/") + segments.joined(separator: "/")
    let document = try await transport.value(KubeRequest(method: .GET, path: path))
    return DiscoveryDocuments.resources(document, groupVersion: groupVersion)
  }
}
