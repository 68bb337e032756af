import Foundation
import Testing

extension EndToEnd {
  @Suite("A manager without free descriptors")
  struct DescriptorTests {
    private static let limit = 150

    @Test("it stops accepting instead of spinning, says so, and takes agents again when there are descriptors")
    func exhausted() async throws {
      let data = try Places.directory("managers/exhausted")
      let port = try freePort()
      let log = try Places.directory("logs") + "/exhausted.log"
      let manager = try command([
        "bash", "-c", "ulimit -n \(Self.limit); exec \"$0\" \"$@\"", Places.flotilla, "manager", "--data", data,
        "--api-address", "127.0.0.1:0", "--bus-address", "tcp://127.0.0.1:\(port)",
      ]).start(log: log)
      defer { manager.kill() }
      let kubectl = Kubectl(kubeconfig: data + "/admin.kubeconfig")
      try await eventually("the manager is ready", within: .seconds(60)) {
        try require(FileManager.default.fileExists(atPath: data + "/admin.kubeconfig"), manager.output)
        try await kubectl("get", "--raw", "/readyz")
      }
      var sockets: [Int32] = []
      // Refused is what they are once it does not listen.
      while sockets.count < Self.limit, let next = connection(to: port) { sockets.append(next) }
      defer { for socket in sockets { close(socket) } }
      try await eventually("it says what is wrong") {
        try require(manager.output.contains("no free descriptor"), "\(manager.output.suffix(500))")
      }
      // Without a pause it would say so thousands of times a second, and take a core.
      let said = manager.output.components(separatedBy: "no free descriptor").count
      #expect(said < 1_000)
      for socket in sockets { close(socket) }
      sockets = []
      try await eventually("the API answers again") { try await kubectl("get", "--raw", "/readyz") }
      try await kubectl.apply(
        """
        kind: ClusterRegistrationToken
        apiVersion: fleet.cattle.io/v1alpha1
        metadata: {name: exhausted, namespace: fleet-default}
        spec: {ttl: 1h}
        """)
      let values = data + "/values.yaml"
      try await eventually("the token's Secret is there") {
        let text = try await kubectl(
          "-n", "fleet-default", "get", "secret", "exhausted", "-o", "jsonpath={.data.values}")
        let decoded = try #require(Data(base64Encoded: text))
        try require(!decoded.isEmpty, "no values")
        try decoded.write(to: URL(filePath: values))
      }
      // `simulate` tells at once what is in the way and ends, also in the moment for which nobody is listened to.
      let simulation = ["simulate", "--values", values, "--agents", "1", "-o", "json"]
      try await eventually("the bus takes connections again", within: .seconds(60)) {
        try await command([Places.flotilla] + simulation + ["--duration", "100ms"]).checked()
      }
      let agents = try Daemon("simulate-exhausted", simulation)
      try await eventually("an agent joins", within: .seconds(60)) {
        let clusters = try await kubectl.get("clusters", "-n", "fleet-default")["items"]?.array ?? []
        let connected = clusters.map { Lab.condition("Connected", of: $0)?["status"]?.string }
        try require(connected.contains("True"), "\(agents.logText.suffix(900))")
      }
      try await agents.stop()
      manager.send(SIGTERM)
      try await eventually("it ends") { try require(manager.status == 0, "\(manager.status, default: "running")") }
    }

    /// A TCP connection that says nothing; nil where nobody takes it.
    private func connection(to port: Int) -> Int32? {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard result == 0 else {
        close(descriptor)
        return nil
      }
      return descriptor
    }
  }
}
