import Document
import Foundation
import KubeServer
import Logging
import ServiceLifecycle
import TestSupport

/// A real server over TLS with an in-memory store, for the length of one test.
struct TestServer: Sendable {
  let directory: String
  let port: Int
  let store: InMemoryStore
  let kubectl: Kubectl

  /// The storage of a kind, to look behind the API.
  func storage(_ kind: ResourceKind) -> InMemoryResourceStorage { store.storage(for: kind) }

  /// Runs `body` against a fresh server; stops it gracefully afterwards, and fails if that does not end.
  static func run<T: Sendable>(
    kinds: [ResourceKind] = CoreKinds.all + [Widget.kind], history: Int = 8192,
    configure: @Sendable (inout KubeServerConfiguration) -> Void = { _ in },
    _ body: @Sendable (TestServer) async throws -> T
  ) async throws -> T {
    let directory = NSTemporaryDirectory() + "kubeserver-" + UUID().uuidString.lowercased()
    try FileManager.default.createDirectory(atPath: directory + "/home", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = InMemoryStore(history: history)
    let certificates = try ServingCertificates(directory: directory + "/pki", hosts: ["127.0.0.1"])
    var configuration = KubeServerConfiguration(
      port: 0, certificates: certificates, authenticator: certificates.authenticator)
    let kubeconfig = directory + "/admin.kubeconfig"
    configuration.onListening = { port in
      try certificates.writeAdminKubeconfig(path: kubeconfig, server: "https://127.0.0.1:\(port)")
    }
    configure(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .warning
    let server = try KubeServer(
      configuration: configuration, kinds: kinds.map { ($0, store.storage(for: $0)) }, logger: logger)
    let group = ServiceGroup(services: [server], logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let port = try await server.boundPort()
      let test = TestServer(
        directory: directory, port: port, store: store,
        kubectl: Kubectl(kubeconfig: kubeconfig, directory: directory))
      try await eventually("the kubeconfig is written") { FileManager.default.fileExists(atPath: kubeconfig) }
      let result = try await body(test)
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return result
    }
  }
}
