import Document

/// What the server serves: `/api`, `/apis` and below, plain and aggregated, and `/version`.
struct Discovery: Sendable {
  private let registry: Registry
  private let gitVersion: String

  init(registry: Registry, gitVersion: String) {
    self.registry = registry
    self.gitVersion = gitVersion
  }

  /// The answer to a path of discovery; nil if it is none.
  func answer(_ segments: [String], _ request: APIRequest) throws(KubeError) -> APIAnswer? {
    switch segments.first {
    case nil: return .json(["paths": Value(rootPaths)])
    case "version" where segments.count == 1: return .json(version)
    case "api" where segments.count == 1:
      if let aggregated = aggregated(request, groups: [""]) { return aggregated }
      return .json(["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []])
    case "api" where segments.count == 2: return try resources(group: "", version: segments[1])
    case "apis":
      switch segments.count {
      case 1:
        if let aggregated = aggregated(request, groups: groups) { return aggregated }
        return .json(["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map(group))])
      case 2:
        guard groups.contains(segments[1]) else { return nil }
        var value = group(segments[1])
        value["kind"] = "APIGroup"
        value["apiVersion"] = "v1"
        return .json(value)
      case 3: return try resources(group: segments[1], version: segments[2])
      default: return nil
      }
    default: return nil
    }
  }

  /// Groups of the kinds served, and those of the server's own reviews.
  var groups: [String] {
    let own = registry.groups
    return own + ReviewResource.groups.filter { !own.contains($0) }
  }

  func versions(of group: String) -> [String] {
    let own = registry.versions(of: group)
    return ReviewResource.groups.contains(group) && !own.contains("v1") ? own + ["v1"] : own
  }

  private var rootPaths: [String] {
    var paths = ["/api", "/api/v1", "/apis"]
    for group in groups {
      paths.append("/apis/\(group)")
      paths += versions(of: group).map { "/apis/\(group)/\($0)" }
    }
    return (paths + ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]).sorted()
  }

  private var version: Value {
    let digits = gitVersion.drop { $0 == "v" }.split(separator: ".").map(String.init)
    return [
      "major": .string(digits.first ?? "1"), "minor": .string(digits.count > 1 ? digits[1] : "0"),
      "gitVersion": .string(gitVersion), "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
      "goVersion": "", "compiler": "swift", "platform": "linux",
    ]
  }

  private func group(_ name: String) -> Value {
    let versions = versions(of: name).map { version -> Value in
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.first ?? .null]
  }

  // MARK: - Plain

  private func resources(group: String, version: String) throws(KubeError) -> APIAnswer? {
    guard group.isEmpty ? version == "v1" : groups.contains(group) && versions(of: group).contains(version) else {
      return nil
    }
    var list: [Value] = []
    for served in registry.kinds(group: group, version: version) {
      let kind = served.kind
      var entry: Value = [
        "name": .string(kind.plural), "singularName": .string(kind.singular), "namespaced": .bool(kind.namespaced),
        "kind": .string(kind.kind), "verbs": Value(Self.verbs(kind)),
      ]
      if !kind.shortNames.isEmpty { entry["shortNames"] = Value(kind.shortNames) }
      if !kind.categories.isEmpty { entry["categories"] = Value(kind.categories) }
      list.append(entry)
      for (name, answer, verbs) in Self.subresources(kind) {
        list.append([
          "name": .string("\(kind.plural)/\(name)"), "singularName": "", "namespaced": .bool(kind.namespaced),
          "kind": .string(answer), "verbs": Value(verbs),
        ])
      }
    }
    for review in ReviewResource.all where review.group == group && version == "v1" {
      list.append([
        "name": .string(review.plural), "singularName": .string(review.kind.lowercased()), "namespaced": false,
        "kind": .string(review.kind), "verbs": ["create"],
      ])
    }
    return .json([
      "kind": "APIResourceList", "apiVersion": "v1",
      "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"), "resources": .array(list),
    ])
  }

  /// A kind's subresources: the name, the kind of what is answered, and what can be done.
  private static func subresources(_ kind: ResourceKind) -> [(name: String, kind: String, verbs: [String])] {
    (kind.hasStatus ? [("status", kind.kind, ["get", "patch", "update"])] : [])
      + kind.views.map { ($0.name, $0.kind, ["get"]) }
  }

  static func verbs(_ kind: ResourceKind) -> [String] {
    let all = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    return kind.plural == "namespaces" && kind.group.isEmpty ? all.filter { $0 != "deletecollection" } : all
  }

  // MARK: - Aggregated

  /// `APIGroupDiscoveryList`, if the client asks for it first.
  private func aggregated(_ request: APIRequest, groups: [String]) -> APIAnswer? {
    for type in MediaType.accepted(request.headers["accept"]) where type.name == "application/json" {
      guard type.parameters["as"] == "APIGroupDiscoveryList" else { return nil }
      guard type.parameters["g"] == "apidiscovery.k8s.io", let version = type.parameters["v"],
        version == "v2" || version == "v2beta1"
      else { continue }
      let list: Value = [
        "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
        "items": .array(groups.map(discovery)),
      ]
      return .json(
        list, contentType: "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList")
    }
    return nil
  }

  private func discovery(_ group: String) -> Value {
    let versions = group.isEmpty ? ["v1"] : versions(of: group)
    return [
      "metadata": ["name": .string(group), "creationTimestamp": nil],
      "versions": .array(
        versions.map { version in
          [
            "version": .string(version), "freshness": "Current",
            "resources": .array(entries(group: group, version: version)),
          ]
        }),
    ]
  }

  private func entries(group: String, version: String) -> [Value] {
    var list = registry.kinds(group: group, version: version).map { entry($0.kind) }
    for review in ReviewResource.all where review.group == group && version == "v1" {
      list.append([
        "resource": .string(review.plural), "singularResource": .string(review.kind.lowercased()),
        "responseKind": Self.responseKind(review.group, "v1", review.kind), "scope": "Cluster", "verbs": ["create"],
      ])
    }
    return list
  }

  private func entry(_ kind: ResourceKind) -> Value {
    let response = Self.responseKind(kind.group, kind.version, kind.kind)
    var entry: Value = [
      "resource": .string(kind.plural), "singularResource": .string(kind.singular), "responseKind": response,
      "scope": kind.namespaced ? "Namespaced" : "Cluster", "verbs": Value(Self.verbs(kind)),
    ]
    if !kind.shortNames.isEmpty { entry["shortNames"] = Value(kind.shortNames) }
    if !kind.categories.isEmpty { entry["categories"] = Value(kind.categories) }
    let subresources = Self.subresources(kind).map { name, answer, verbs -> Value in
      [
        "subresource": .string(name), "responseKind": Self.responseKind(kind.group, kind.version, answer),
        "verbs": Value(verbs),
      ]
    }
    if !subresources.isEmpty { entry["subresources"] = .array(subresources) }
    return entry
  }

  private static func responseKind(_ group: String, _ version: String, _ kind: String) -> Value {
    ["group": .string(group), "version": .string(version), "kind": .string(kind)]
  }
}
