extension ResourceVerbs {
  /// `GET` with `watch=true`; of one object if it is named.
  func watch(name: String? = nil) throws -> APIAnswer {
    var representation = try request.representation()
    representation.syntax = .json
    var query = request.query
    if let name { query.restrict(toName: name) }
    let bookmarks = try query.bool("allowWatchBookmarks")
    let seconds = try query.count("timeoutSeconds").flatMap { $0 == 0 ? nil : min($0, Limits.watchSecondsMaximum) }
    let watch = Watch(
      served: served, namespace: path.namespace, selection: try Selection(query, kind: kind),
      shape: representation.shape, bookmarks: bookmarks, start: try start(bookmarks),
      seconds: seconds ?? Int.random(in: Limits.watchSeconds), clock: namespaces.clock)
    return APIAnswer(contentType: representation.contentType, body: .watch(watch))
  }

  private func start(_ bookmarks: Bool) throws(KubeError) -> Watch.Start {
    let version = request.query["resourceVersion"]
    let match = request.query["resourceVersionMatch"]
    guard request.query["sendInitialEvents"] == nil else {
      guard match == "NotOlderThan" else {
        throw KubeError.badRequest("sendInitialEvents needs resourceVersionMatch=NotOlderThan")
      }
      if try request.query.bool("sendInitialEvents") {
        guard bookmarks else { throw KubeError.badRequest("sendInitialEvents=true needs allowWatchBookmarks=true") }
        return .everythingThenBookmark
      }
      guard let version else {
        throw KubeError.badRequest("sendInitialEvents=false needs a resourceVersion to begin from")
      }
      return .after(version)
    }
    guard match == nil else {
      throw KubeError.badRequest("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
    }
    guard let version, version != "0" else { return .everything }
    guard UInt64(version) != nil else {
      throw KubeError.badRequest("resourceVersion=\(version) is not valid; use one that this server gave")
    }
    return .after(version)
  }
}

extension Query {
  /// Adds `metadata.name=NAME` to the field selector.
  mutating func restrict(toName name: String) {
    let own = "metadata.name=\(name)"
    set("fieldSelector", to: self["fieldSelector"].map { "\($0),\(own)" } ?? own)
  }
}
