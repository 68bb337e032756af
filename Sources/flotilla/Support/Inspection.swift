import ArgumentParser
import Document
import Fleet
import KubeClient
import Logging

/// How what is known of one bundle on one cluster is printed.
enum InspectionFormat: String, ExpressibleByArgument, CaseIterable {
  case text, yaml, json

  /// The document, or what `text` makes of it.
  func print(_ document: Value, text: (Value) -> String) -> String {
    switch self {
    case .text: text(document)
    case .yaml: ManifestFormat.yaml.text(document)
    case .json: ManifestFormat.json.text(document)
    }
  }
}

/// Which bundle on which cluster a verb is about.
struct InspectionOptions: ParsableArguments {
  @Argument(help: "The cluster: NAMESPACE/NAME, or a name that only one has.")
  var cluster: String

  @Argument(help: "The bundle: NAMESPACE/NAME, or a name; one in the cluster's namespace is preferred.")
  var bundle: String

  @Option(name: [.customShort("o"), .long], help: "text, yaml or json.")
  var output = InspectionFormat.text

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  /// Finds the two on the manager, and does something with them.
  func withParties<Result>(
    _ logger: Logger, isolation: isolated (any Actor)? = #isolation,
    _ body: (ManagerAPI, Cluster, (namespace: String, name: String)) async throws -> Result
  ) async throws -> Result {
    // The manager's reason for not answering is worth more than a later try.
    try await manager.withManager(logger, attempts: 1) { api in
      let finder = PartyFinder(api: api, namespace: manager.explicitNamespace)
      let cluster = try await finder.cluster(cluster)
      return try await body(api, cluster, try await finder.bundle(bundle, for: cluster))
    }
  }
}

/// Finds the cluster and the bundle that a user means: `NAMESPACE/NAME`, or a name that only one has.
struct PartyFinder {
  let api: ManagerAPI
  /// The namespace of names that name none; nil looks in all.
  let namespace: String?

  /// The cluster.
  func cluster(_ text: String) async throws -> Cluster {
    let (namespace, name) = try split(text, "cluster")
    if let namespace {
      let resource = ManagerAPI.resource(.cluster)
      if let found = try await api.object(resource, namespace: namespace, name: name) { return try Cluster(found) }
      throw try await missing(text, .cluster, in: nil)
    }
    return try Cluster(try await only(name, .cluster, hint: nil))
  }

  /// The namespace and name of the bundle; one in the cluster's namespace is preferred.
  func bundle(_ text: String, for cluster: Cluster) async throws -> (namespace: String, name: String) {
    let (namespace, name) = try split(text, "bundle")
    let home = namespace ?? cluster.metadata.namespace
    if try await api.object(ManagerAPI.resource(.bundle), namespace: home, name: name) != nil { return (home, name) }
    if namespace != nil { throw try await missing(text, .bundle, in: home) }
    let found = try await only(name, .bundle, hint: home)
    return (found.at("metadata", "namespace")?.string ?? home, name)
  }

  /// The ClusterRegistration.
  func registration(_ text: String) async throws -> Value {
    let (namespace, name) = try split(text, "registration")
    guard let namespace else { return try await only(name, .clusterRegistration, hint: nil) }
    let resource = ManagerAPI.resource(.clusterRegistration)
    if let found = try await api.object(resource, namespace: namespace, name: name) { return found }
    throw try await missing(text, .clusterRegistration, in: nil)
  }

  private func split(_ text: String, _ what: String) throws -> (namespace: String?, name: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw ValidationError("the \(what) is NAME or NAMESPACE/NAME, not \"\(text)\"")
    }
    return parts.count == 2 ? (parts[0], parts[1]) : (namespace, parts[0])
  }

  private func only(_ name: String, _ kind: FleetKind, hint namespace: String?) async throws -> Value {
    let found = try await api.named(name, kind)
    if let first = found.first, found.count == 1 { return first }
    guard found.isEmpty else {
      let keys = found.map { Self.key($0) }.sorted().joined(separator: ", ")
      throw CommandError("several \(kind.plural) are called \(name): \(keys); say which with NAMESPACE/NAME")
    }
    throw try await missing(name, kind, in: namespace)
  }

  private static func key(_ object: Value) -> String {
    "\(object.at("metadata", "namespace")?.string ?? "")/\(object.at("metadata", "name")?.string ?? "")"
  }

  /// Names those that may have been meant.
  private func missing(_ text: String, _ kind: FleetKind, in namespace: String?) async throws -> CommandError {
    let keys = try await api.list(kind, namespace: namespace).map(Self.key).sorted()
    let wanted = text.split(separator: "/").last.map(String.init) ?? text
    let byName = Dictionary(grouping: keys) { $0.split(separator: "/").last.map(String.init) ?? $0 }
    let near = Spelling.near(wanted, among: byName.keys).flatMap { byName[$0] ?? [] }
    let place = namespace.map { " in namespace \($0)" } ?? ""
    var message = "there is no \(kind.singular) \(text)\(text.contains("/") ? "" : place)"
    if !near.isEmpty {
      message += "; near: \(near.prefix(5).joined(separator: ", "))"
    } else if keys.isEmpty {
      message += ", and no other\(place)"
    } else if keys.count <= 5 {
      message += "; there are: \(keys.joined(separator: ", "))"
    } else {
      message += "; `kubectl get \(kind.plural) -A` lists all \(keys.count)"
    }
    return CommandError(message)
  }
}

/// Text from clusters on a terminal: control characters are shown, not obeyed.
enum SafeText {
  static func line(_ text: String) -> String {
    var safe = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        safe += "\\u{\(String(scalar.value, radix: 16))}"
      default: safe.unicodeScalars.append(scalar)
      }
    }
    return safe
  }
}
