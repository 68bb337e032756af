import Document

/// What an API server serves, as far as it could be found out.
public struct Discovery: Sendable {
  /// The kinds, by group version in the server's order: the core group first, of each group its preferred version first.
  public private(set) var resources: [APIResource] = []
  /// Group versions whose server (an aggregated API, say) did not answer, with the reason. Others are complete all the same.
  public internal(set) var failures: [String: String] = [:]
  /// Group versions in the server's order, such as `v1` and `apps/v1`.
  public private(set) var groupVersions: [String] = []
  private var index: [Key: APIResource] = [:]

  private struct Key: Hashable, Sendable {
    var apiVersion: String
    var kind: String
  }

  /// Nothing yet.
  public init() {}

  /// The resource for an object's `apiVersion` and `kind`; nil if the server does not serve it.
  public func resource(apiVersion: String, kind: String) -> APIResource? {
    index[Key(apiVersion: apiVersion, kind: kind)]
  }

  /// The preferred version of a kind in a group.
  public func resource(group: String, kind: String) -> APIResource? {
    resources.first { $0.group == group && $0.kind == kind }
  }

  /// What Helm calls the capabilities' API versions: `v1`, `apps/v1`, and `apps/v1/Deployment`.
  public var apiVersions: [String] { groupVersions + resources.map { "\($0.apiVersion)/\($0.kind)" } }

  /// Adds one group version's resources, in place of what was known of it.
  mutating func set(_ found: [APIResource], for groupVersion: String) {
    failures[groupVersion] = nil
    if groupVersions.contains(groupVersion) {
      resources.removeAll { $0.apiVersion == groupVersion }
      index = index.filter { $0.key.apiVersion != groupVersion }
    } else {
      groupVersions.append(groupVersion)
    }
    resources += found
    for resource in found { index[Key(apiVersion: groupVersion, kind: resource.kind)] = resource }
  }
}

/// The documents that API servers describe themselves with.
enum DiscoveryDocuments {
  /// Asks for the aggregated form, and takes the older one.
  static let accept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

  /// The group versions in `/api` or `/apis` of the older form, each group's preferred one first.
  static func groupVersions(_ document: Value) -> [String] {
    if document["kind"] == "APIVersions" { return (document["versions"]?.array ?? []).compactMap(\.string) }
    return (document["groups"]?.array ?? []).flatMap { group in
      let preferred = group.at("preferredVersion", "groupVersion")?.string
      let all = (group["versions"]?.array ?? []).compactMap { $0["groupVersion"]?.string }
      return (preferred.map { [$0] } ?? []) + all.filter { $0 != preferred }
    }
  }

  /// The resources in `/api/v1` or `/apis/<group>/<version>`.
  static func resources(_ document: Value, groupVersion: String) -> [APIResource] {
    let parts = groupVersion.split(separator: "/", maxSplits: 1).map(String.init)
    let group = parts.count == 2 ? parts[0] : ""
    var resources = [APIResource]()
    var subresources = [String: Set<String>]()
    for entry in document["resources"]?.array ?? [] {
      guard let name = entry["name"]?.string, let kind = entry["kind"]?.string else { continue }
      let path = name.split(separator: "/", maxSplits: 1).map(String.init)
      if path.count == 2 {
        subresources[path[0], default: []].insert(path[1])
        continue
      }
      resources.append(
        APIResource(
          group: group, version: parts.last ?? "", kind: kind, plural: name,
          singular: entry["singularName"]?.string ?? "",
          namespaced: entry["namespaced"]?.bool ?? false, verbs: Set(strings(entry["verbs"])),
          shortNames: strings(entry["shortNames"]), categories: strings(entry["categories"])))
    }
    return resources.map { resource in
      var resource = resource
      resource.subresources = subresources[resource.plural] ?? []
      return resource
    }
  }

  /// Adds an APIGroupDiscoveryList, the aggregated form.
  static func add(aggregated document: Value, to discovery: inout Discovery) {
    for item in document["items"]?.array ?? [] {
      let group = item.at("metadata", "name")?.string ?? ""
      for version in item["versions"]?.array ?? [] {
        guard let name = version["version"]?.string else { continue }
        let groupVersion = group.isEmpty ? name : "\(group)/\(name)"
        let resources = (version["resources"]?.array ?? []).compactMap { entry -> APIResource? in
          guard let plural = entry["resource"]?.string, let kind = entry.at("responseKind", "kind")?.string else {
            return nil
          }
          return APIResource(
            group: group, version: name, kind: kind, plural: plural, singular: entry["singularResource"]?.string ?? "",
            namespaced: entry["scope"]?.string == "Namespaced", verbs: Set(strings(entry["verbs"])),
            shortNames: strings(entry["shortNames"]), categories: strings(entry["categories"]),
            subresources: Set((entry["subresources"]?.array ?? []).compactMap { $0["subresource"]?.string }))
        }
        discovery.set(resources, for: groupVersion)
        if version["freshness"] == "Stale" { discovery.failures[groupVersion] = "its server does not answer (stale)" }
      }
    }
  }

  private static func strings(_ value: Value?) -> [String] { (value?.array ?? []).compactMap(\.string) }
}
