import ArgumentParser
import Document
import Fleet
import Foundation
import KubeClient
import Logging

/// Which manager a verb talks to, and in which namespace.
struct ManagerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The manager's kubeconfig; default: KUBECONFIG, else ~/.kube/config.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: ArgumentHelp("The context of the kubeconfig; default: its current one.", valueName: "name"))
  var context: String?

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("The namespace; default: NAMESPACE, else fleet-local.", valueName: "name"))
  var namespace: String?

  static let defaultNamespace = "fleet-local"

  /// The namespace that was asked for, else the default.
  var chosenNamespace: String { explicitNamespace ?? Self.defaultNamespace }

  /// The namespace that was asked for.
  var explicitNamespace: String? {
    [namespace, ProcessInfo.processInfo.environment["NAMESPACE"]].compactMap(\.self).first { !$0.isEmpty }
  }

  /// Does something with the manager's API, and closes the connections afterwards.
  ///
  /// - Parameter attempts: tries of a request that the manager puts off; its explanation is then told the sooner.
  func withManager<Result>(
    _ logger: Logger, attempts: Int = KubeClientLimits().attempts, isolation: isolated (any Actor)? = #isolation,
    _ body: (ManagerAPI) async throws -> Result
  ) async throws -> Result {
    let path = try kubeconfigPath()
    let config = try KubeConfig.load(path: path, context: context)
    var limits = KubeClientLimits()
    limits.attempts = attempts
    let client = try KubeClient(
      config: config, userAgent: "flotilla/\(FlotillaVersion.current)", limits: limits, logger: logger)
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(ManagerAPI(client: client, kubeconfig: path)))
    } catch {
      result = .failure(error)
    }
    await client.shutdown()
    return try result.get()
  }

  /// The file that was asked for, else the usual one; throws a usage error where there is none.
  func kubeconfigPath() throws -> String {
    if let kubeconfig { return kubeconfig }
    let environment = ProcessInfo.processInfo.environment
    let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
    if let only = listed.first, listed.count == 1 { return only }
    let usual = environment["HOME"].map { ["\($0)/.kube/config"] } ?? []
    guard
      let found = (listed.isEmpty ? usual : listed).first(where: { FileManager.default.fileExists(atPath: $0) })
    else {
      throw ValidationError(
        "there is no kubeconfig: give --kubeconfig FILE, or set KUBECONFIG; that of a Flotilla manager is"
          + " DATA/admin.kubeconfig")
    }
    return found
  }
}

/// The objects of a manager's API.
struct ManagerAPI {
  let client: KubeClient
  /// Where the client's configuration comes from, for messages.
  let kubeconfig: String

  static func resource(_ kind: FleetKind) -> APIResource {
    APIResource(
      group: FleetKind.group, version: FleetKind.version, kind: kind.kind, plural: kind.plural,
      namespaced: kind.namespaced)
  }

  /// All objects of a kind in a namespace, or in all of them.
  func list(_ kind: FleetKind, namespace: String? = nil, labels: [String: String] = [:]) async throws -> [Value] {
    try await list(Self.resource(kind), namespace: namespace, labels: labels)
  }

  /// All objects of a kind in a namespace, or in all of them.
  func list(_ resource: APIResource, namespace: String? = nil, labels: [String: String] = [:]) async throws -> [Value] {
    do throws(KubeClientError) {
      let selector: LabelSelector?
      do { selector = labels.isEmpty ? nil : try LabelSelector(matchLabels: labels) } catch {
        throw KubeClientError(.invalid, "\(error)", cause: error)
      }
      return try await client.listAll(resource, namespace: namespace, labelSelector: selector).items
    } catch {
      guard error.code == .notFound, resource.group == FleetKind.group else { throw error }
      throw CommandError(
        "\(client.config.server) serves no \(resource.plural).\(resource.group): is \(kubeconfig) the kubeconfig of a"
          + " Flotilla manager? It writes its own to DATA/admin.kubeconfig")
    }
  }

  /// The objects of a kind that have a name, in all namespaces.
  func named(_ name: String, _ kind: FleetKind) async throws -> [Value] {
    try await client.listAll(Self.resource(kind), fieldSelector: "metadata.name=\(name)").items
  }

  /// A view of an object, such as `diff`.
  func view(
    _ view: String, of kind: FleetKind, namespace: String, name: String, query: [(name: String, value: String)] = []
  ) async throws -> Value {
    let path = try Self.resource(kind).path(namespace: namespace, name: name, subresource: view)
    return try JSON.parse(try await client.raw(path: path, query: query), file: view)
  }

  /// One object; nil where there is none.
  func object(_ resource: APIResource, namespace: String, name: String) async throws -> Value? {
    do throws(KubeClientError) {
      return try await client.get(resource, namespace: namespace, name: name)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }
}
