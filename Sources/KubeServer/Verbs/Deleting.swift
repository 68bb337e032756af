import Document

extension ResourceVerbs {
  /// `DELETE` of one object.
  func delete(_ name: String) async throws -> APIAnswer {
    let options = try DeleteOptions(request)
    let outcome = try await remove(name, options)
    switch outcome {
    case .gone(let object): return .json(success(object))
    case .waiting(let object): return try shaped(object)
    }
  }

  /// `DELETE` of a collection: of everything selected. Answers with what was selected.
  func deleteCollection() async throws -> APIAnswer {
    guard kind.plural != "namespaces" else { throw KubeError.methodNotAllowed() }
    guard !kind.namespaced || path.namespace != nil else { throw KubeError.methodNotAllowed() }
    let options = try DeleteOptions(request)
    let page = try await page(try Selection(request.query, kind: kind))
    for object in page.items {
      guard let name = object.at("metadata", "name")?.string else { continue }
      do { _ = try await remove(name, options) } catch let error as KubeError where error.code == .notFound {
        continue
      }
    }
    return .json([
      "kind": .string(kind.listKind), "apiVersion": .string(kind.apiVersion),
      "metadata": ["resourceVersion": .string(page.resourceVersion)], "items": .array(page.items),
    ])
  }

  private enum Outcome {
    case gone(Value)
    case waiting(Value)
  }

  private func remove(_ name: String, _ options: DeleteOptions) async throws -> Outcome {
    for attempt in 0... {
      guard let old = try await served.storage.get(namespace: path.namespace, name: name) else {
        throw KubeError.notFound(kind, name: name)
      }
      try check(options, against: old)
      if kind.plural == "namespaces", kind.group.isEmpty {
        return .waiting(try await namespaces.terminate(old, dryRun: options.dryRun))
      }
      let version = old.at("metadata", "resourceVersion")?.string
      do {
        guard !(old.at("metadata", "finalizers")?.array ?? []).isEmpty else {
          if options.dryRun { return .gone(old) }
          return .gone(
            try await served.storage.delete(namespace: path.namespace, name: name, resourceVersion: version))
        }
        // Somebody still has to clean up after it: it is marked, and goes with its last finalizer.
        if old.at("metadata", "deletionTimestamp")?.string != nil { return .waiting(old) }
        var marked = old
        marked.set(.string(Timestamp(seconds: now).description), at: "metadata", "deletionTimestamp")
        marked.set(0, at: "metadata", "deletionGracePeriodSeconds")
        if kind.tracksGeneration {
          marked.set(.integer((old.at("metadata", "generation")?.integer ?? 1) + 1), at: "metadata", "generation")
        }
        return .waiting(options.dryRun ? marked : try await served.storage.update(marked))
      } catch let error as KubeError where error.code == .conflict && attempt < Limits.conflictRetries {
        continue
      }
    }
    throw KubeError.conflict(kind, name: name)
  }

  private func check(_ options: DeleteOptions, against object: Value) throws(KubeError) {
    let name = object.at("metadata", "name")?.string ?? ""
    let uid = object.at("metadata", "uid")?.string ?? ""
    if let wanted = options.uid, wanted != uid {
      throw KubeError.conflict(
        kind, name: name, "Precondition failed: UID in precondition: \(wanted), UID in object meta: \(uid)")
    }
    let version = object.at("metadata", "resourceVersion")?.string ?? ""
    if let wanted = options.resourceVersion, wanted != version {
      throw KubeError.conflict(
        kind, name: name,
        "Precondition failed: ResourceVersion in precondition: \(wanted), ResourceVersion in object meta: \(version)")
    }
  }

  private func success(_ object: Value) -> Value {
    var details: Value = [
      "name": object.at("metadata", "name") ?? "", "kind": .string(kind.plural),
      "uid": object.at("metadata", "uid") ?? "",
    ]
    if !kind.group.isEmpty { details["group"] = .string(kind.group) }
    return [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
    ]
  }
}
