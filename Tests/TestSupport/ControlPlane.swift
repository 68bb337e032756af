import Foundation
import Testing

/// One real control plane, from `scripts/kube-cluster`. As a trait it is one for the whole suite: started before its first test,
/// and always stopped after its last.
public struct ControlPlane: SuiteTrait, TestScoping {
  /// The suite's own control plane.
  @TaskLocal public static var current: ControlPlane?

  /// Its folder, which holds the admin's `kubeconfig`.
  public let directory: String
  private let hasControllers: Bool
  private let apiFlags: [String]

  /// A control plane that keeps its files in a folder.
  ///
  /// - Parameters:
  ///   - hasControllers: whether there is a kube-controller-manager.
  ///   - apiFlags: what kube-apiserver gets besides its usual flags.
  public init(directory: String = "", hasControllers: Bool = false, apiFlags: [String] = []) {
    self.directory = directory
    self.hasControllers = hasControllers
    self.apiFlags = apiFlags
  }

  /// The checkout's script that starts and stops control planes.
  public static let script: String = {
    let here = URL(filePath: #filePath).resolvingSymlinksInPath()
    return (0..<3).reduce(here) { path, _ in path.deletingLastPathComponent() }.path + "/scripts/kube-cluster"
  }()

  /// The control plane of the suite that the caller's test is in.
  public static func ofSuite() throws -> ControlPlane {
    guard let current else { throw Command.Failure("this suite lacks the trait .controlPlane") }
    return current
  }

  /// The admin's kubeconfig.
  public var kubeconfig: String { directory + "/kubeconfig" }

  /// Once for the whole suite, not again for each test.
  public var isRecursive: Bool { false }

  /// Starts it, runs the suite and stops it.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let plane = ControlPlane(
      directory: try TemporaryDirectory.make("plane"), hasControllers: hasControllers, apiFlags: apiFlags)
    do {
      try await plane.start()
      try await Self.$current.withValue(plane, operation: function)
    } catch {
      try await plane.remove()
      throw error
    }
    try await plane.remove()
  }

  /// Starts what does not run, on the same port and data as before, and returns when the API is ready. The limit leaves time to
  /// fetch the programs.
  ///
  /// - Parameters:
  ///   - port: the API's port; nil takes the one before.
  ///   - isElsewhere: takes another port than the one before.
  public func start(port: Int? = nil, isElsewhere: Bool = false, within limit: Duration = .seconds(900)) async throws {
    // The next port in a row is likely to be free, and an API server that cannot have it says so.
    let port = isElsewhere ? try self.port() + 1 : port
    let place = port.map { ["--port", String($0)] } ?? []
    try await run("start", place + (hasControllers ? ["--controllers"] : []) + flags, within: limit)
  }

  /// Ends kube-apiserver and starts it again on the same port and data.
  public func restartAPIServer() async throws { try await run("restart-api", flags) }

  /// The API's port.
  public func port() throws -> Int {
    let text = try String(contentsOfFile: directory + "/api.port", encoding: .utf8)
    guard let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Command.Failure("no port in \(directory)/api.port")
    }
    return port
  }

  /// A kubeconfig of a service account's; it is made where it is missing.
  public func kubeconfig(serviceAccount name: String, namespace: String) async throws -> String {
    let made = try await kubectl(
      "create", "serviceaccount", "-n", namespace, name, "--dry-run=client", "-o", "yaml")
    try await kubectl("apply", "-f", "-", input: made)
    let token = try await kubectl("create", "token", "-n", namespace, name)
    let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
    let lines = text.split(separator: "\n").map { line in
      line.hasPrefix("    token: ")
        ? "    token: \(token.trimmingCharacters(in: .whitespacesAndNewlines))" : String(line)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var flags: [String] { apiFlags.flatMap { ["--api-flag", $0] } }

  /// Kills kube-apiserver as a crash would; etcd goes on.
  public func killAPIServer() async throws {
    guard let pid = apiServer else { throw Command.Failure("no process id in \(directory)/kube-apiserver.pid") }
    kill(pid, SIGKILL)
    try await eventually("the API server is dead") {
      // A zombie is dead too; who reaps it is not the test's business.
      let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      return state.map { $0.contains(") Z ") } ?? true
    }
  }

  /// Runs kubectl as the admin, and returns its output.
  @discardableResult
  public func kubectl(_ arguments: String..., input: String? = nil) async throws -> String {
    try await Command(["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input).checked()
  }

  /// The process id of kube-apiserver.
  private var apiServer: Int32? {
    let text = try? String(contentsOfFile: directory + "/kube-apiserver.pid", encoding: .utf8)
    return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private func remove() async throws {
    // In a task of its own: that of a test which took too long is cancelled, and this must happen still.
    try await Task {
      // Its data goes with it: nobody needs the seconds that it takes to end in order.
      if let pid = apiServer { kill(pid, SIGKILL) }
      try await run("stop")
      try FileManager.default.removeItem(atPath: directory)
    }.value
  }

  private func run(_ verb: String, _ arguments: [String] = [], within limit: Duration = .seconds(120)) async throws {
    try await Command([Self.script, verb, "--dir", directory] + arguments).checked(within: limit)
  }
}

extension Trait where Self == ControlPlane {
  /// Gives the suite one control plane of its own.
  public static var controlPlane: ControlPlane { ControlPlane() }
}
