import Document

extension ResourceVerbs {
  /// `GET` of one object.
  func get(_ name: String) async throws -> APIAnswer {
    guard let object = try await served.storage.get(namespace: path.namespace, name: name) else {
      throw KubeError.notFound(kind, name: name)
    }
    return try shaped(object)
  }

  /// `GET` of a collection.
  func list() async throws -> APIAnswer {
    let representation = try request.representation()
    let selection = try Selection(request.query, kind: kind)
    let page = try await page(selection)
    try checkExactVersion(page.resourceVersion)
    var metadata: Value = ["resourceVersion": .string(page.resourceVersion)]
    if let token = page.continue {
      metadata["continue"] = .string(token)
      if selection.isEverything, let remaining = page.remainingItemCount {
        metadata["remainingItemCount"] = .integer(Int64(remaining))
      }
    }
    let value: Value
    switch representation.shape {
    case .object:
      value = [
        "kind": .string(kind.listKind), "apiVersion": .string(kind.apiVersion), "metadata": metadata,
        "items": .array(page.items),
      ]
    case .partial:
      value = [
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "items": .array(page.items.map(PartialObject.metadata)),
      ]
    case .table(let include):
      value = served.table.table(of: page.items, listMetadata: metadata, include: include, now: now)
    }
    return .document(value, as: representation)
  }

  /// The selected objects: all of them, or with `limit` so many and a token. Reads the storage page by page.
  func page(_ selection: Selection) async throws -> ResourceList {
    var token = request.query["continue"]
    let limit = try request.query.count("limit").flatMap { $0 == 0 ? nil : min($0, Limits.listObjects) }
    if let name = selection.name, let namespace = path.namespace ?? (kind.namespaced ? nil : ""), token == nil {
      return try await single(name, namespace: namespace, selection)
    }
    var items: [Value] = []
    while true {
      let wanted = limit.map { min($0 - items.count, Limits.pageObjects) } ?? Limits.pageObjects
      let page = try await served.storage.list(namespace: path.namespace, limit: wanted, continue: token)
      items += selection.isEverything ? page.items : page.items.filter(selection.matches)
      token = page.continue
      if token == nil || items.count == limit {
        return ResourceList(
          items: items, resourceVersion: page.resourceVersion, continue: token,
          remainingItemCount: page.remainingItemCount)
      }
    }
  }

  /// A list that can hold one object only is read as a get, at the revision of an (empty) list taken before it.
  private func single(_ name: String, namespace: String, _ selection: Selection) async throws -> ResourceList {
    let snapshot = try await served.storage.list(namespace: path.namespace, limit: 1, continue: nil)
    let object = try await served.storage.get(namespace: namespace.isEmpty ? nil : namespace, name: name)
    return ResourceList(
      items: object.map { selection.matches($0) ? [$0] : [] } ?? [], resourceVersion: snapshot.resourceVersion)
  }

  /// `resourceVersionMatch=Exact` can only be fulfilled for the present.
  private func checkExactVersion(_ current: String) throws(KubeError) {
    guard let match = request.query["resourceVersionMatch"] else { return }
    guard match == "Exact" || match == "NotOlderThan" else {
      throw KubeError.badRequest("resourceVersionMatch=\(match) is not supported; use Exact or NotOlderThan")
    }
    guard let version = request.query["resourceVersion"] else {
      throw KubeError.badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
    }
    if match == "Exact", version != current {
      throw KubeError.expired("The provided resource version \(version) is not kept; list without it.")
    }
  }
}
