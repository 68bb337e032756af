import Document

/// How Helm reaches one cluster's API.
public struct ClusterConnection: Sendable, Hashable {
  /// Where the address and the credentials come from.
  public enum Source: Sendable, Hashable {
    /// A kubeconfig file, read whenever a configuration is made.
    case file(String)
    /// A kubeconfig's text. Helm keeps it in a file of mode 0600 in the temporary directory while it is in use.
    case text(String)
    /// What the machine offers: `KUBECONFIG`, `~/.kube/config`, or the service account of the pod that we run in.
    case ambient
  }

  /// Where the address and the credentials come from.
  public var source: Source

  /// The kubeconfig's context; nil takes its current one.
  public var context: String?

  /// The user to act as, `system:serviceaccount:NAMESPACE:NAME` for a service account; nil acts as the credentials' own.
  public var impersonatedUser: String?

  /// The groups to act as, beside `impersonatedUser`.
  public var impersonatedGroups: [String]

  /// Makes a connection; nothing is read or contacted before the first operation.
  public init(
    _ source: Source, context: String? = nil, impersonatedUser: String? = nil, impersonatedGroups: [String] = []
  ) {
    self.source = source
    self.context = context
    self.impersonatedUser = impersonatedUser
    self.impersonatedGroups = impersonatedGroups
  }

  /// The options of the library's configuration for one namespace's releases.
  func options(namespace: String) -> Value {
    // Helm's own rate, 5 a second, makes a kept configuration wait for seconds after its first hundred requests.
    var options: Value = [
      "namespace": .string(namespace),
      "qps": .integer(Int64(Limits.requestsPerSecond)),
      "burst_limit": .integer(Int64(Limits.requestBurst)),
    ]
    switch source {
    case .file(let path): options["kubeconfig_path"] = .string(path)
    case .text(let text): options["kubeconfig_content"] = .string(text)
    case .ambient: break
    }
    options["kube_context"] = context.map(Value.string)
    if let impersonatedUser {
      options["kube_as_user"] = .string(impersonatedUser)
      options["kube_as_groups"] = .array(impersonatedGroups.map(Value.string))
    }
    return options
  }
}
