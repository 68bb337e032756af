import Document

extension ResourceVerbs {
  /// Everything about this request's write that is not in its object.
  func writeContext() throws -> WriteContext {
    var context = WriteContext.random(fieldManager: try request.fieldManager(), now: now)
    context.fieldValidation = try request.fieldValidation()
    return context
  }

  /// `POST` to a collection.
  func create() async throws -> APIAnswer {
    var context = try writeContext()
    let dryRun = try request.isDryRun()
    let (object, duplicates) = try BodyDecoding.object(request)
    context.duplicates = duplicates
    if let namespace = path.namespace { try await namespaces.checkCreation(in: namespace, of: kind, object: object) }
    let generated = (object.at("metadata", "name")?.string ?? "").isEmpty
    for attempt in 0... {
      let admitted = try admitCreation(object, context)
      do {
        let stored = try await store(admitted.object, dryRun: dryRun)
        return try shaped(stored, status: 201, warnings: admitted.warnings)
      } catch let error as KubeError where error.code == .alreadyExists && generated && attempt < Limits.conflictRetries
      {
        context.nameSuffix = RandomIdentity.nameSuffix()
      }
    }
    throw KubeError.alreadyExists(kind, name: object.at("metadata", "generateName")?.string ?? "")
  }

  /// The object a create would store, with its managed fields.
  func admitCreation(_ object: Value, _ context: WriteContext) throws -> ObjectRules.Admitted {
    var admitted = try served.rules.create(object, namespace: path.namespace, context: context)
    let managed = ManagedFields(schema: served.rules.schema, apiVersion: kind.apiVersion, now: now)
    managed.track(&admitted.object, old: nil, manager: context.fieldManager, part: .main)
    return admitted
  }

  /// Stores a new object, or with `dryRun` only looks whether it could.
  func store(_ object: Value, dryRun: Bool) async throws -> Value {
    guard dryRun else { return try await served.storage.create(object) }
    let name = object.at("metadata", "name")?.string ?? ""
    if try await served.storage.get(namespace: path.namespace, name: name) != nil {
      throw KubeError.alreadyExists(kind, name: name)
    }
    return object
  }

  /// `PUT` of one object or its status.
  func replace(_ name: String, _ part: ObjectRules.Part) async throws -> APIAnswer {
    var context = try writeContext()
    let (object, duplicates) = try BodyDecoding.object(request)
    context.duplicates = duplicates
    let admitted = try await modify(name, part, context) { _ in object }
    return try shaped(admitted.object, warnings: admitted.warnings)
  }

  /// Reads, changes and writes one object. A resource version in the changed object has to be the current one; without,
  /// a conflict is tried again. An object that is being deleted goes with its last finalizer.
  func modify(
    _ name: String, _ part: ObjectRules.Part, _ context: WriteContext, _ change: (Value) throws -> Value
  ) async throws -> ObjectRules.Admitted {
    let dryRun = try request.isDryRun()
    for attempt in 0... {
      guard let old = try await served.storage.get(namespace: path.namespace, name: name) else {
        throw KubeError.notFound(kind, name: name)
      }
      let candidate = try change(old)
      let version = old.at("metadata", "resourceVersion") ?? ""
      if let wanted = candidate.at("metadata", "resourceVersion")?.string, !wanted.isEmpty, wanted != version.string {
        throw KubeError.conflict(kind, name: name)
      }
      var admitted = try served.rules.update(candidate, old: old, part: part, context: context)
      let managed = ManagedFields(schema: served.rules.schema, apiVersion: kind.apiVersion, now: now)
      managed.track(&admitted.object, old: old, manager: context.fieldManager, part: part)
      admitted.object.set(version, at: "metadata", "resourceVersion")
      do {
        admitted.object = try await write(admitted.object, old: old, dryRun: dryRun)
        return admitted
      } catch let error as KubeError where error.code == .conflict && attempt < Limits.conflictRetries {
        continue
      }
    }
    throw KubeError.conflict(kind, name: name)
  }

  /// Stores a changed object, spares a write that changes nothing, and removes what only waited for its finalizers.
  func write(_ object: Value, old: Value, dryRun: Bool) async throws -> Value {
    let leaves =
      object.at("metadata", "deletionTimestamp")?.string != nil
      && (object.at("metadata", "finalizers")?.array ?? []).isEmpty && kind.plural != "namespaces"
    if leaves {
      guard !dryRun else { return object }
      let name = object.at("metadata", "name")?.string ?? ""
      _ = try await served.storage.delete(
        namespace: path.namespace, name: name, resourceVersion: old.at("metadata", "resourceVersion")?.string)
      return object
    }
    let unchanged =
      served.rules.isUnchanged(object, old)
      && ManagedFields.sameOwnership(object.at("metadata", "managedFields"), old.at("metadata", "managedFields"))
    if unchanged { return old }
    return dryRun ? object : try await served.storage.update(object)
  }
}
