/// One kind of object that an API server serves, and where.
public struct APIResource: Sendable, Hashable {
  /// The API group; empty for the core group.
  public var group: String
  /// The version, such as `v1`.
  public var version: String
  /// The kind, such as `Deployment`.
  public var kind: String
  /// The name in paths, such as `deployments`.
  public var plural: String
  /// The name for one, such as `deployment`; may be empty.
  public var singular: String
  /// Whether its objects live in namespaces.
  public var namespaced: Bool
  /// What can be done: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
  public var verbs: Set<String>
  /// Short names, such as `deploy`.
  public var shortNames: [String]
  /// Categories, such as `all`.
  public var categories: [String]
  /// Subresources, such as `status` and `scale`.
  public var subresources: Set<String>

  /// A resource; what is left out is empty.
  public init(
    group: String, version: String, kind: String, plural: String, singular: String = "", namespaced: Bool,
    verbs: Set<String> = [], shortNames: [String] = [], categories: [String] = [], subresources: Set<String> = []
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.singular = singular
    self.namespaced = namespaced
    self.verbs = verbs
    self.shortNames = shortNames
    self.categories = categories
    self.subresources = subresources
  }

  /// `v1`, or `apps/v1`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// Whether objects can be listed and watched, so that a watcher can follow them.
  public var isWatchable: Bool { verbs.contains("list") && verbs.contains("watch") }

  /// The resource's path below the server's address: of the collection, of an object, or of an object's subresource.
  ///
  /// - Throws: `.invalid` when a name could leave its place in the path, or an object's namespace is missing.
  public func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) throws(KubeClientError)
    -> String
  {
    var segments = group.isEmpty ? ["api", version] : ["apis", group, version]
    if namespaced {
      if let namespace { segments += ["namespaces", namespace] }
      if namespace == nil, let name {
        throw KubeClientError(.invalid, "\(kind) \"\(name)\" lives in a namespace, and none is given")
      }
    }
    segments.append(plural)
    if let name { segments.append(name) }
    if let subresource { segments.append(subresource) }
    for segment in segments where segment.isEmpty || segment == "." || segment == ".." || segment.contains("/") {
      throw KubeClientError(.invalid, "\"\(segment)\" cannot be a name in the path of \(kind)")
    }
    return segments.map { "/" + PercentEncoding.encode($0) }.joined()
  }

  /// The core kind Namespace, which every cluster has.
  public static let namespaces = core("Namespace", "namespaces", namespaced: false)
  /// The core kind ConfigMap.
  public static let configMaps = core("ConfigMap", "configmaps")
  /// The core kind Secret.
  public static let secrets = core("Secret", "secrets")
  /// The core kind ServiceAccount.
  public static let serviceAccounts = core("ServiceAccount", "serviceaccounts")

  private static func core(_ kind: String, _ plural: String, namespaced: Bool = true) -> APIResource {
    APIResource(
      group: "", version: "v1", kind: kind, plural: plural, singular: kind.lowercased(), namespaced: namespaced,
      verbs: ["get", "list", "watch", "create", "update", "patch", "delete"])
  }
}

/// RFC 3986 percent-encoding of everything but unreserved characters.
enum PercentEncoding {
  static func encode(_ text: String) -> String {
    var encoded = [UInt8]()
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded.append(UInt8(ascii: "%"))
        encoded.append(digits[Int(byte >> 4)])
        encoded.append(digits[Int(byte & 15)])
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
