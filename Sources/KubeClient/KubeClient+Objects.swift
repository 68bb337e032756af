import Document
import NIOHTTP1

/// A page of objects, or all of them.
public struct ObjectList: Sendable {
  /// The objects. `kind` and `apiVersion` are set, though servers leave them out inside lists.
  public var items: [Value]
  /// The state of the whole collection: where a watch goes on from.
  public var resourceVersion: String
  /// What to ask the next page with; nil at the end.
  public var `continue`: String?
  /// How many more there are, if the server knows.
  public var remainingItemCount: Int?
}

/// What becomes of the objects that a deleted one owns.
public enum DeletionPropagation: String, Sendable, Hashable {
  /// They are deleted afterwards, in the background.
  case background = "Background"
  /// They are deleted first.
  case foreground = "Foreground"
  /// They stay.
  case orphan = "Orphan"
}

/// How a patch is written.
public enum PatchType: String, Sendable, Hashable {
  /// RFC 6902.
  case json = "application/json-patch+json"
  /// RFC 7386.
  case merge = "application/merge-patch+json"
  /// Kubernetes' own, for built-in kinds.
  case strategic = "application/strategic-merge-patch+json"
  /// Server-side apply.
  case apply = "application/apply-patch+yaml"
}

extension KubeClient {
  /// One object.
  ///
  /// - Throws: `.notFound` if there is none.
  public func get(
    _ resource: APIResource, namespace: String? = nil, name: String, subresource: String? = nil
  ) async throws(KubeClientError) -> Value {
    let path = try resource.path(namespace: namespace, name: name, subresource: subresource)
    return try await send(KubeRequest(method: .GET, path: path), "get", resource, namespace, name)
  }

  /// One page of objects.
  ///
  /// - Parameters:
  ///   - namespace: nil lists all namespaces.
  ///   - limit: the most objects wanted; nil leaves it to the server, which then sends all.
  ///   - continue: of the page before.
  /// - Throws: `.expired` when the page before is too old to go on from.
  public func list(
    _ resource: APIResource, namespace: String? = nil, labelSelector: LabelSelector? = nil,
    fieldSelector: String? = nil,
    limit: Int? = nil, continue: String? = nil
  ) async throws(KubeClientError) -> ObjectList {
    var request = KubeRequest(method: .GET, path: try resource.path(namespace: namespace))
    request.query = Self.selectors(labelSelector, fieldSelector)
    if let limit { request.query.append(("limit", String(limit))) }
    if let `continue` { request.query.append(("continue", `continue`)) }
    let document = try await send(request, "list", resource, namespace, nil)
    guard let version = document.at("metadata", "resourceVersion")?.string, let items = document["items"] else {
      throw KubeClientError(.malformed, "list \(resource.plural): the answer is no list")
    }
    let token = document.at("metadata", "continue")?.string
    return ObjectList(
      // Go writes an empty list as null.
      items: (items.array ?? []).map { item in
        var item = item
        if item["apiVersion"] == nil { item["apiVersion"] = .string(resource.apiVersion) }
        if item["kind"] == nil { item["kind"] = .string(resource.kind) }
        return item
      },
      resourceVersion: version, continue: token?.isEmpty == false ? token : nil,
      remainingItemCount: document.at("metadata", "remainingItemCount")?.int)
  }

  /// All objects, page by page, as one consistent state. If a page expires under way it begins anew, a few times.
  public func listAll(
    _ resource: APIResource, namespace: String? = nil, labelSelector: LabelSelector? = nil, fieldSelector: String? = nil
  ) async throws(KubeClientError) -> ObjectList {
    var restarts = 0
    while true {
      do throws(KubeClientError) {
        var whole = try await list(
          resource, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector,
          limit: limits.pageSize)
        var pages = 1
        while let token = whole.continue {
          guard pages < limits.pages else {
            throw KubeClientError(
              .tooLarge, "list \(resource.plural): more than \(limits.pages) pages of \(limits.pageSize)")
          }
          let page = try await list(
            resource, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector,
            limit: limits.pageSize, continue: token)
          whole.items += page.items
          whole.continue = page.continue
          pages += 1
        }
        whole.remainingItemCount = nil
        return whole
      } catch {
        restarts += 1
        guard error.code == .expired, restarts < 3 else { throw error }
      }
    }
  }

  /// Creates an object in the namespace that it names, or else in `namespace`.
  ///
  /// - Throws: `.alreadyExists`, `.invalid`, ...
  public func create(
    _ resource: APIResource, _ object: Value, namespace: String? = nil, fieldManager: String? = nil,
    dryRun: Bool = false
  ) async throws(KubeClientError) -> Value {
    let namespace = object.at("metadata", "namespace")?.string ?? namespace
    var request = KubeRequest(method: .POST, path: try resource.path(namespace: try require(namespace, resource)))
    request.query = Self.writeOptions(fieldManager, dryRun)
    request.body = JSON.encode(object)
    return try await send(request, "create", resource, namespace, object.at("metadata", "name")?.string)
  }

  /// Replaces an object, or with `subresource: "status"` its status. A `metadata.resourceVersion` in it is a precondition.
  ///
  /// - Throws: `.conflict` if the object changed since that version.
  public func update(
    _ resource: APIResource, _ object: Value, namespace: String? = nil, subresource: String? = nil,
    fieldManager: String? = nil, dryRun: Bool = false
  ) async throws(KubeClientError) -> Value {
    let namespace = object.at("metadata", "namespace")?.string ?? namespace
    let name = try Self.name(of: object, resource)
    let path = try resource.path(namespace: namespace, name: name, subresource: subresource)
    var request = KubeRequest(method: .PUT, path: path)
    request.query = Self.writeOptions(fieldManager, dryRun)
    request.body = JSON.encode(object)
    return try await send(request, "update", resource, namespace, name)
  }

  /// Deletes an object. What comes back is the object if it still waits for finalizers, else a Status.
  ///
  /// - Parameters:
  ///   - propagation: what becomes of the objects it owns; nil is the kind's default.
  ///   - uid: delete only the object with this uid, and not a later one of the same name.
  ///   - resourceVersion: delete only if it has not changed since.
  /// - Throws: `.notFound`; `.conflict` when a precondition does not hold.
  @discardableResult
  public func delete(
    _ resource: APIResource, namespace: String? = nil, name: String, propagation: DeletionPropagation? = nil,
    gracePeriodSeconds: Int? = nil, uid: String? = nil, resourceVersion: String? = nil, dryRun: Bool = false
  ) async throws(KubeClientError) -> Value {
    var options: Value = ["apiVersion": "v1", "kind": "DeleteOptions"]
    if let propagation { options["propagationPolicy"] = .string(propagation.rawValue) }
    if let gracePeriodSeconds { options["gracePeriodSeconds"] = .integer(Int64(gracePeriodSeconds)) }
    if let uid { options.set(.string(uid), at: "preconditions", "uid") }
    if let resourceVersion { options.set(.string(resourceVersion), at: "preconditions", "resourceVersion") }
    if dryRun { options["dryRun"] = ["All"] }
    var request = KubeRequest(method: .DELETE, path: try resource.path(namespace: namespace, name: name))
    request.body = JSON.encode(options)
    return try await send(request, "delete", resource, namespace, name)
  }

  /// Patches an object, or a subresource of it.
  public func patch(
    _ resource: APIResource, namespace: String? = nil, name: String, _ patch: Value, type: PatchType,
    subresource: String? = nil, fieldManager: String? = nil, dryRun: Bool = false
  ) async throws(KubeClientError) -> Value {
    let path = try resource.path(namespace: namespace, name: name, subresource: subresource)
    var request = KubeRequest(method: .PATCH, path: path, contentType: type.rawValue)
    request.query = Self.writeOptions(fieldManager, dryRun)
    request.body = JSON.encode(patch)
    return try await send(request, "patch", resource, namespace, name)
  }

  /// Server-side apply: makes the object's fields as given, creating it if need be.
  ///
  /// - Parameters:
  ///   - object: the wanted fields, with apiVersion, kind and metadata.name.
  ///   - namespace: where the object names none.
  ///   - fieldManager: who owns the fields from now on.
  ///   - force: take over fields that another manager owns; otherwise those are a `.conflict`.
  ///   - dryRun: only say what would come out.
  public func apply(
    _ resource: APIResource, _ object: Value, namespace: String? = nil, fieldManager: String, force: Bool = false,
    dryRun: Bool = false, subresource: String? = nil
  ) async throws(KubeClientError) -> Value {
    let namespace = object.at("metadata", "namespace")?.string ?? namespace
    let name = try Self.name(of: object, resource)
    let path = try resource.path(namespace: namespace, name: name, subresource: subresource)
    var request = KubeRequest(method: .PATCH, path: path, contentType: PatchType.apply.rawValue)
    request.query = Self.writeOptions(fieldManager, dryRun)
    if force { request.query.append(("force", "true")) }
    request.body = JSON.encode(object)
    return try await send(request, "apply", resource, namespace, name)
  }

  static func selectors(_ labels: LabelSelector?, _ fields: String?) -> [(name: String, value: String)] {
    var query = [(name: String, value: String)]()
    if let labels, !labels.isEmpty { query.append(("labelSelector", labels.description)) }
    if let fields, !fields.isEmpty { query.append(("fieldSelector", fields)) }
    return query
  }

  private static func writeOptions(_ fieldManager: String?, _ dryRun: Bool) -> [(name: String, value: String)] {
    var query = [(name: String, value: String)]()
    if let fieldManager { query.append(("fieldManager", fieldManager)) }
    if dryRun { query.append(("dryRun", "All")) }
    return query
  }

  private static func name(of object: Value, _ resource: APIResource) throws(KubeClientError) -> String {
    guard let name = object.at("metadata", "name")?.string, !name.isEmpty else {
      throw KubeClientError(.invalid, "a \(resource.kind) without metadata.name cannot be written")
    }
    return name
  }

  private func require(_ namespace: String?, _ resource: APIResource) throws(KubeClientError) -> String? {
    if resource.namespaced, namespace == nil {
      throw KubeClientError(.invalid, "a \(resource.kind) lives in a namespace, and none is given")
    }
    return namespace
  }

  /// Sends a request, and names the object in what goes wrong.
  private func send(
    _ request: KubeRequest, _ verb: String, _ resource: APIResource, _ namespace: String?, _ name: String?
  ) async throws(KubeClientError) -> Value {
    do throws(KubeClientError) {
      return try await transport.value(request)
    } catch {
      let place = [resource.namespaced ? namespace : nil, name].compactMap(\.self).joined(separator: "/")
      throw error.doing("\(verb) \(resource.kind.lowercased())\(place.isEmpty ? "" : " \(place)")")
    }
  }
}
