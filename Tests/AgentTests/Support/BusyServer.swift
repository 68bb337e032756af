import Foundation
import Logging
import TestSupport

@testable import KubeClient

/// Makes an API server refuse requests with 429, without any load: as many requests as it serves at a time hang, because they
/// want an object in another version than it is stored in, and the webhook that is to convert it does not answer.
enum BusyServer {
  /// How many requests that read the server is to be started with (`--max-requests-inflight`).
  static let readings = 4
  /// How many requests that write (`--max-mutating-requests-inflight`).
  static let writings = 4

  /// Runs a body while the server refuses everything but the admin's requests. Once for a control plane.
  static func during<Result: Sendable>(
    _ plane: ControlPlane, _ logger: Logger, _ body: () async throws -> Result
  ) async throws -> Result {
    let webhook = try SilentServer()
    defer { webhook.close() }
    try await plane.kubectl("apply", "-f", "-", input: definition(webhook: webhook.port))
    try await plane.kubectl("wait", "--for=condition=Established", "crd/hogs.hog.example.com")
    try await plane.kubectl(
      "apply", "-f", "-",
      input: "apiVersion: hog.example.com/v1\nkind: Hog\nmetadata: {name: one, namespace: default}\n")
    let text = try await plane.kubeconfig(serviceAccount: "hog", namespace: "default")
    try await plane.kubectl(
      "create", "clusterrolebinding", "hog", "--clusterrole=cluster-admin", "--serviceaccount=default:hog")
    var limits = KubeClientLimits()
    limits.attempts = 1
    let client = try KubeClient(config: KubeConfig.load(text: text), limits: limits, logger: logger)
    let hanging = (0..<readings + writings).map { index in
      let request = index < readings ? reading("v2") : writing("v2")
      return Task {
        // Until the server serves the new kind, and whenever it has given a request up.
        while !Task.isCancelled {
          _ = try? await client.transport.bytes(request)
          try await Task.sleep(for: .milliseconds(50))
        }
      }
    }
    do {
      try await eventually("the API server is busy") {
        let isRefusingWrites = await isRefused(writing("v1"), client)
        return await isRefused(reading("v1"), client) && isRefusingWrites
      }
      let result = try await body()
      hanging.forEach { $0.cancel() }
      await client.shutdown()
      return result
    } catch {
      await client.shutdown()
      throw error
    }
  }

  private static func isRefused(_ request: KubeRequest, _ client: KubeClient) async -> Bool {
    do throws(KubeClientError) {
      _ = try await client.transport.bytes(request)
      return false
    } catch {
      return error.code == .tooManyRequests
    }
  }

  private static func reading(_ version: String) -> KubeRequest {
    KubeRequest(method: .GET, path: "/apis/hog.example.com/\(version)/namespaces/default/hogs/one")
  }

  private static func writing(_ version: String) -> KubeRequest {
    var request = reading(version)
    request.method = .PATCH
    request.contentType = "application/merge-patch+json"
    request.body = Array(#"{"metadata":{"annotations":{"hog":"1"}}}"#.utf8)
    return request
  }

  private static func definition(webhook port: UInt16) -> String {
    """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: hogs.hog.example.com}
    spec:
      group: hog.example.com
      names: {kind: Hog, plural: hogs}
      scope: Namespaced
      versions:
        - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
        - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
      conversion:
        strategy: Webhook
        webhook: {conversionReviewVersions: [v1], clientConfig: {url: "https://127.0.0.1:\(port)/convert"}}
    """
  }
}

/// A port of loopback where connections are taken and nothing is ever said.
private struct SilentServer {
  let port: UInt16
  private let socket: Int32

  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (socket, size) = (socket, length)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        // The kernel takes connections into the queue; nobody takes them out.
        bind(socket, address, size) == 0 && listen(socket, 64) == 0 && getsockname(socket, address, &length) == 0
      }
    }
    guard isListening else { throw Command.Failure("no free port: \(String(cString: strerror(errno)))") }
    port = UInt16(bigEndian: address.sin_port)
  }

  /// Breaks all connections.
  func close() { _ = Glibc.close(socket) }
}

/// The store behind a control plane.
enum Etcd {
  /// Has it forget everything before a revision.
  static func compact(_ plane: ControlPlane, revision: String) async throws {
    let port = try String(contentsOfFile: plane.directory + "/etcd.port", encoding: .utf8)
    let address = "http://127.0.0.1:\(port.trimmingCharacters(in: .whitespacesAndNewlines))/v3/kv/compaction"
    try await Command(["curl", "-sSf", "-d", #"{"revision":"\#(revision)","physical":true}"#, address]).checked()
  }
}
