import Agent
import Document
import Foundation
import KubeClient
import Logging
import Synchronization

/// A real manager in a process of its own, and simulated agents in others, on a directory that goes afterwards.
final class BenchFleet: Sendable {
  private static let namespace = "fleet-default"
  private static let bundles = APIResource(
    group: "fleet.cattle.io", version: "v1alpha1", kind: "Bundle", plural: "bundles", namespaced: true)
  private static let tokens = APIResource(
    group: "fleet.cattle.io", version: "v1alpha1", kind: "ClusterRegistrationToken",
    plural: "clusterregistrationtokens", namespaced: true)
  private static let secrets = APIResource(
    group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true)
  /// An agent takes up to eight open files, and a process here may have 20,000.
  private static let agentsPerProcess = 2_000

  private struct State {
    var manager: SimulationWorker?
    var agents: [SimulationWorker] = []
    var reports: [Int: SimulationReport] = [:]
    var problem: String?
  }

  private let directory: String
  private let busPort: Int
  private let heartbeatSeconds: Int
  private let state = Mutex(State())

  private init(directory: String, heartbeatSeconds: Int) throws {
    self.directory = directory
    self.heartbeatSeconds = heartbeatSeconds
    busPort = try Self.freePort()
  }

  /// Lends a manager without agents to a body.
  static func with<Result>(
    heartbeatSeconds: Int = 30, _ body: (BenchFleet) async throws -> Result
  ) async throws -> Result {
    let directory = NSTemporaryDirectory() + "flotilla-bench-\(UUID().uuidString)"
    let fleet = try BenchFleet(directory: directory, heartbeatSeconds: heartbeatSeconds)
    defer {
      fleet.end()
      try? FileManager.default.removeItem(atPath: directory)
    }
    try await fleet.startManager()
    return try await body(fleet)
  }

  /// Starts the manager on what is there, and waits until its API answers.
  func startManager() async throws {
    try? FileManager.default.removeItem(atPath: kubeconfig)
    let arguments = BenchChild.manager(directory, busPort: busPort, heartbeatSeconds: heartbeatSeconds)
    let worker = try SimulationWorker(arguments: arguments) { word in
      if case .ended = word { self.state.withLock { $0.manager = nil } }
    }
    state.withLock { $0.manager = worker }
    try await eventually("the manager's API") {
      guard FileManager.default.fileExists(atPath: self.kubeconfig) else { return false }
      let client = try self.client()
      let isReady = await client.isReady()
      await client.shutdown()
      return isReady
    }
  }

  /// Ends the manager as a crash would, and waits until it is gone.
  func killManager() async throws {
    guard let manager = state.withLock({ $0.manager }) else { throw Mistake("there is no manager") }
    kill(manager.pid, SIGKILL)
    try await eventually("the manager's end") { state.withLock { $0.manager == nil } }
  }

  /// Starts agents, and returns when all of them have a session: after how many seconds.
  func start(agents count: Int) async throws -> Double {
    let values = directory + "/values.yaml"
    try await withClient { client in
      _ = try await client.create(
        Self.tokens,
        [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "ClusterRegistrationToken",
          "metadata": ["name": "bench", "namespace": .string(Self.namespace)], "spec": ["ttl": "24h"],
        ], namespace: Self.namespace)
      try await self.eventually("the token's Secret") {
        guard let secret = try? await client.get(Self.secrets, namespace: Self.namespace, name: "bench"),
          let text = secret.at("data", "values")?.string, let data = Data(base64Encoded: text)
        else { return false }
        try data.write(to: URL(filePath: values))
        return true
      }
    }
    let began = ContinuousClock.now
    let processes = (count + Self.agentsPerProcess - 1) / Self.agentsPerProcess
    for index in 0..<processes {
      let slice = count * index / processes..<count * (index + 1) / processes
      let worker = try SimulationWorker(arguments: BenchChild.agents(slice, values: values)) { word in
        self.state.withLock { state in
          switch word {
          case .report(let report):
            state.reports[index] = report
            if !report.refusal.isEmpty { state.problem = report.refusal }
          case .ended(let status): state.problem = "a child with agents ended with \(status)"
          }
        }
      }
      state.withLock { $0.agents.append(worker) }
    }
    try await wait("all agents have a session") { $0.connected == count }
    return Measure.seconds(ContinuousClock.now - began)
  }

  /// What the agents have come to.
  var report: SimulationReport { SimulationReport(sum: state.withLock { Array($0.reports.values) }) }

  /// Waits until the agents' reports say so.
  func wait(_ what: String, _ condition: @escaping @Sendable (SimulationReport) -> Bool) async throws {
    try await eventually(what) {
      if let problem = self.state.withLock({ $0.problem }) { throw Mistake(problem) }
      return condition(self.report)
    }
  }

  /// Writes a bundle with one ConfigMap of so many bytes for all clusters, and waits until all agents are Ready with it, durably: the
  /// seconds from the write to the last of that.
  func deploy(bytes: Int, generation: Int, to agents: Int) async throws -> Double {
    let (before, text) = (report.readyVersions, String(repeating: "\(generation % 10)", count: bytes))
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bench}\ndata: {text: '\(text)'}\n"
    let spec: Value = [
      "defaultNamespace": "bench", "resources": [["name": "map.yaml", "content": .string(manifest)]],
      "targets": [["name": "all", "clusterSelector": [:]]],
    ]
    let began = try await withClient { client in
      let isThere = (try? await client.get(Self.bundles, namespace: Self.namespace, name: "bench")) != nil
      let began = Date().timeIntervalSince1970
      if isThere {
        _ = try await client.patch(
          Self.bundles, namespace: Self.namespace, name: "bench", ["spec": spec], type: .merge)
      } else {
        let bundle: Value = [
          "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
          "metadata": ["name": "bench", "namespace": .string(Self.namespace)], "spec": spec,
        ]
        _ = try await client.create(Self.bundles, bundle, namespace: Self.namespace)
      }
      return began
    }
    try await wait("all agents are Ready") { $0.readyVersions >= before + agents && $0.readyDeployments == agents }
    return Double(report.lastReadyVersion) / 1000 - began
  }

  /// The manager's memory that is resident now, in KiB.
  func residentKilobytes() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(managerProcess)/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let number = line.split(separator: " ").compactMap({ Double($0) }).first
    else { throw Mistake("/proc has no memory of the manager") }
    return number
  }

  /// The processor time that the manager has taken, in seconds.
  func processorSeconds() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(managerProcess)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw Mistake("/proc has no times of the manager")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private var managerProcess: pid_t { state.withLock { $0.manager?.pid ?? 0 } }
  private var kubeconfig: String { directory + "/admin.kubeconfig" }

  private func client() throws -> KubeClient {
    try KubeClient(
      config: try KubeConfig.load(path: kubeconfig), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
  }

  private func withClient<Result>(_ body: (KubeClient) async throws -> Result) async throws -> Result {
    let client = try client()
    do {
      let result = try await body(client)
      await client.shutdown()
      return result
    } catch {
      await client.shutdown()
      throw error
    }
  }

  private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while try await !condition() {
      guard ContinuousClock.now < deadline else { throw Mistake("not within 300 s: \(what); \(report.numbers)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func end() {
    let (manager, agents) = state.withLock { ($0.manager, $0.agents) }
    for worker in agents { worker.end() }
    manager?.end()
  }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutableBytes(of: &address) { bytes -> Int? in
      guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress, bind(descriptor, pointer, length) == 0,
        getsockname(descriptor, pointer, &length) == 0
      else { return nil }
      return Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
    }
    guard let port else { throw Mistake("no free port") }
    return port
  }
}
