import Foundation
import struct TestSupport.ControlPlane

/// `flotilla manager` on ports and data of its own, which it keeps when it is started again.
actor ManagerProcess {
  nonisolated let name: String
  nonisolated let data: String
  nonisolated let busEndpoint: String
  nonisolated var kubectl: Kubectl { Kubectl(kubeconfig: data + "/admin.kubeconfig") }
  private let arguments: [String]
  private var daemon: Daemon?

  init(_ name: String, localKubeconfig: String? = nil, heartbeatSeconds: Int = 10) throws {
    self.name = name
    data = try Places.directory("managers/\(name)")
    busEndpoint = "tcp://127.0.0.1:\(try freePort())"
    arguments =
      [
        "manager", "--data", data, "--api-address", "127.0.0.1:\(try freePort())", "--bus-address", busEndpoint,
        "--heartbeat-seconds", "\(heartbeatSeconds)",
      ] + (localKubeconfig.map { ["--local-kubeconfig", $0] } ?? [])
  }

  var log: String { daemon?.logText ?? "" }

  /// Starts it where it does not run, and returns once `/readyz` answers.
  func start() async throws {
    if daemon?.isRunning != true {
      daemon = try Daemon(name, arguments, environment: try await HelmLibrary.environment())
    }
    let daemon = daemon
    try await eventually("the manager \(name) is ready", within: .seconds(60)) {
      if let status = daemon?.exitStatus {
        throw Hopeless(description: "it ended with \(status): \(daemon?.logText.suffix(3000) ?? "")")
      }
      try require(FileManager.default.fileExists(atPath: data + "/admin.kubeconfig"), "no admin.kubeconfig")
      try await kubectl("get", "--raw", "/readyz")
    }
  }

  func kill() async throws { try await daemon?.kill() }
  func stop() async throws { try await daemon?.stop() }

  /// The steps of the README: a token, its Secret, and the decoded `values` of it.
  func values(token: String, namespace: String, ttl: String = "240h") async throws -> String {
    try await kubectl.apply(
      """
      kind: ClusterRegistrationToken
      apiVersion: fleet.cattle.io/v1alpha1
      metadata:
        name: \(token)
        namespace: \(namespace)
      spec:
        ttl: \(ttl)
      """)
    return try await decodedValues(token: token, namespace: namespace)
  }

  func decodedValues(token: String, namespace: String) async throws -> String {
    try await eventually("the Secret of token \(token) is there") {
      let encoded = try await kubectl("-n", namespace, "get", "secret", token, "-o", "jsonpath={.data.values}")
      guard let data = Data(base64Encoded: encoded), !data.isEmpty else { throw NotYet(description: "no values in it") }
      return String(decoding: data, as: UTF8.self)
    }
  }
}

/// `flotilla agent` for one control plane, with a state directory that it keeps when it is started again.
actor AgentProcess {
  nonisolated let name: String
  nonisolated let plane: ControlPlane
  private let arguments: [String]
  private var daemon: Daemon?

  /// Where it keeps what is durable.
  nonisolated var state: String { Places.scratch + "/agents/\(name)/state" }

  init(_ name: String, plane: ControlPlane, values: String, kubeconfig: String? = nil) throws {
    self.name = name
    self.plane = plane
    let directory = try Places.directory("agents/\(name)")
    let file = directory + "/values.yaml"
    try Data(values.utf8).write(to: URL(fileURLWithPath: file))
    arguments = [
      "agent", "--values", file, "--kubeconfig", kubeconfig ?? plane.kubeconfig, "--state", directory + "/state",
    ]
  }

  var log: String { daemon?.logText ?? "" }
  var isRunning: Bool { daemon?.isRunning == true }
  /// Its process, while it runs.
  var pid: Int32? { isRunning ? daemon?.pid : nil }

  func start() async throws {
    guard daemon?.isRunning != true else { return }
    daemon = try Daemon(name, arguments, environment: try await HelmLibrary.environment())
  }

  func kill() async throws { try await daemon?.kill() }
  func stop() async throws { try await daemon?.stop() }
}

/// Where Helm's library is, found once.
enum HelmLibrary {
  private static let path = Task {
    try await command([Places.script("helm-library")]).checked(within: .seconds(600))
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func environment() async throws -> [String: String] {
    ["FLOTILLA_HELM_LIBRARY": try await path.value]
  }
}
