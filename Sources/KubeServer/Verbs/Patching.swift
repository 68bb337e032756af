import Document

extension ResourceVerbs {
  static let patchTypes = [
    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
  ]

  /// `PATCH` of one object or its status, by any of the four kinds of patch.
  func patch(_ name: String, _ part: ObjectRules.Part) async throws -> APIAnswer {
    let type = MediaType(request.headers["content-type"] ?? "").name
    guard Self.patchTypes.contains(type) else { throw KubeError.unsupportedMediaType(Self.patchTypes) }
    guard !request.body.isEmpty else { throw KubeError.badRequest("the patch is empty") }
    if type == "application/apply-patch+yaml" { return try await apply(name, part) }
    if request.query["force"] != nil {
      throw KubeError.badRequest("force is only for server-side apply (application/apply-patch+yaml)")
    }
    let change = try change(type)
    let admitted = try await modify(name, part, try writeContext(), change)
    return try shaped(admitted.object, warnings: admitted.warnings)
  }

  /// The patch as a function of the object it is applied to.
  private func change(_ type: String) throws -> (Value) throws -> Value {
    let body = try BodyDecoding.json(request.body)
    switch type {
    case "application/json-patch+json":
      guard let operations = body.array else { throw KubeError.badRequest("a JSON Patch is a list of operations") }
      guard operations.count <= Limits.patchOperations else {
        throw KubeError(
          .entityTooLarge,
          "The allowed maximum operations in a JSON patch is \(Limits.patchOperations), got \(operations.count)")
      }
      let patch = try Self.readable { try JSONPatch(body) }
      return { old in
        do { return try patch.apply(to: old) } catch {
          // The patch is well-formed, but this object is not as it expects: 422, as Kubernetes has it.
          throw KubeError(.invalid, "the server rejected our request due to an error in our request: \(error)")
        }
      }
    case "application/merge-patch+json":
      guard body.object != nil else { throw KubeError.badRequest("a merge patch is an object") }
      return { $0.applyingMergePatch(body) }
    default:
      guard body.object != nil else { throw KubeError.badRequest("a strategic merge patch is an object") }
      var schema = kind.schema
      schema.set(ObjectMetaSchema.structural, at: "properties", "metadata")
      return { [schema] old in try Self.readable { try StrategicMerge.apply(body, to: old, schema: schema) } }
    }
  }

  private static func readable(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw KubeError.badRequest("the patch cannot be applied: \(error)", cause: error) }
  }

  private static func readable(_ body: () throws -> JSONPatch) throws -> JSONPatch {
    do { return try body() } catch { throw KubeError.badRequest("the patch is malformed: \(error)", cause: error) }
  }
}
