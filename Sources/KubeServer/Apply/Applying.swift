import Document

extension ResourceVerbs {
  /// `PATCH` with `application/apply-patch+yaml`: makes the object, or merges what is applied into it.
  func apply(_ name: String, _ part: ObjectRules.Part) async throws -> APIAnswer {
    guard request.query["fieldManager"] != nil else {
      let error = FieldError.required("fieldManager", "is required for apply patch")
      var details = KubeError.Details()
      details.group = "meta.k8s.io"
      details.kind = "PatchOptions"
      details.causes = [.init(reason: error.reason, message: error.body, field: error.field)]
      throw KubeError(.invalid, "PatchOptions.meta.k8s.io \"\" is invalid: \(error)", details: details)
    }
    let force = try request.query.bool("force")
    let context = try writeContext()
    var decoded = try served.rules.decode(try BodyDecoding.yaml(request.body), context: context)
    if let managed = decoded.object.at("metadata", "managedFields"), managed != [] {
      throw KubeError.badRequest("metadata.managedFields must be nil")
    }
    decoded.object.set(nil, at: "metadata", "managedFields")
    try served.rules.settleIdentity(&decoded.object, namespace: path.namespace, name: name)
    for attempt in 0... {
      do {
        var (stored, status) = try await applyOnce(decoded.object, name, part, force, context)
        stored.warnings += decoded.warnings
        return try shaped(stored.object, status: status, warnings: stored.warnings)
      } catch let error as KubeError
        where attempt < Limits.conflictRetries && Self.isRace(error, decoded.object)
      {
        continue
      }
    }
    throw KubeError.conflict(kind, name: name)
  }

  /// Somebody wrote between our read and our write. A conflict of field managers, or with a resource version that was
  /// sent, is none: it would only repeat itself.
  private static func isRace(_ error: KubeError, _ applied: Value) -> Bool {
    if error.code == .alreadyExists { return true }
    return error.code == .conflict && error.details?.causes.isEmpty != false
      && applied.at("metadata", "resourceVersion") == nil
  }

  private func applyOnce(
    _ applied: Value, _ name: String, _ part: ObjectRules.Part, _ force: Bool, _ context: WriteContext
  ) async throws -> (ObjectRules.Admitted, status: Int) {
    let managed = ManagedFields(schema: served.rules.schema, apiVersion: kind.apiVersion, now: now)
    let dryRun = try request.isDryRun()
    guard let live = try await served.storage.get(namespace: path.namespace, name: name) else {
      guard part == .main else { throw KubeError.notFound(kind, name: name) }
      if let namespace = path.namespace {
        try await namespaces.checkCreation(in: namespace, of: kind, object: applied)
      }
      var admitted = try served.rules.create(applied, namespace: path.namespace, context: context)
      managed.store(managed.entries(applied: applied, manager: context.fieldManager), in: &admitted.object)
      admitted.object = try await store(admitted.object, dryRun: dryRun)
      return (admitted, 201)
    }
    let version = live.at("metadata", "resourceVersion")
    if let wanted = applied.at("metadata", "resourceVersion")?.string, wanted != version?.string {
      throw KubeError.conflict(kind, name: name)
    }
    let (merged, entries) = try managed.apply(
      applied, to: live, manager: context.fieldManager, force: force, part: part)
    var admitted = try served.rules.update(merged, old: live, part: part, context: context)
    managed.store(entries, in: &admitted.object)
    admitted.object.set(version, at: "metadata", "resourceVersion")
    admitted.object = try await write(admitted.object, old: live, dryRun: dryRun)
    return (admitted, 200)
  }
}
