import Foundation

/// One real Kubernetes control plane: etcd, kube-apiserver and kube-controller-manager, without nodes.
struct ControlPlane: Sendable {
  let directory: String
  var kubeconfig: String { directory + "/kubeconfig" }
  var kubectl: Kubectl { Kubectl(kubeconfig: kubeconfig) }

  /// Three, each started when it is first asked for, and shared by all tests.
  static let local = Task { try await start("local") }
  static let dev = Task { try await start("dev") }
  static let prod = Task { try await start("prod") }

  private static func start(_ name: String) async throws -> ControlPlane {
    let plane = ControlPlane(directory: try Places.directory("planes/" + name))
    Reaper.shared.plane(plane.directory)
    try await Command([Places.script("kube-cluster"), "start", "--dir", plane.directory, "--controllers"])
      .checked(within: .seconds(900))
    return plane
  }

  /// Ends kube-apiserver as a crash would; etcd goes on.
  func killAPIServer() throws {
    let text = try String(contentsOfFile: directory + "/kube-apiserver.pid", encoding: .utf8)
    guard let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw NotYet(description: "\(directory)/kube-apiserver.pid holds no process id")
    }
    kill(pid, SIGKILL)
  }

  /// Starts what does not run; returns when the API is ready again, on the same port and data.
  func restart() async throws {
    try await Command([Places.script("kube-cluster"), "start", "--dir", directory, "--controllers"])
      .checked(within: .seconds(90))
  }
}
