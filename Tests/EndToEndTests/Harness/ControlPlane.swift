import struct TestSupport.ControlPlane

extension ControlPlane {
  /// Three, each started when it is first asked for, and shared by all tests.
  static let local = Task { try await start("local") }
  static let dev = Task { try await start("dev") }
  static let prod = Task { try await start("prod") }

  /// Its kubectl, as the admin.
  var admin: Kubectl { Kubectl(kubeconfig: kubeconfig) }

  private static func start(_ name: String) async throws -> ControlPlane {
    let plane = ControlPlane(directory: try Places.directory("planes/" + name), hasControllers: true)
    try await plane.start()
    return plane
  }
}
