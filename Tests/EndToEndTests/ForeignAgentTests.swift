import Document
import Foundation
import Testing

extension EndToEnd {
  /// The agent of `Tests/PythonAgent`, which was written from docs/protocol.md alone and shares no code with ours.
  @Suite("Agents in other languages")
  struct ForeignAgentTests {
    /// Of their own, so that other tests do not see clusters come and go.
    private static let namespace = "foreign"

    @Test("Google's protobuf, libzmq and hashlib agree with the vectors of the protocol")
    func vectors() async throws {
      let environment = try await ForeignAgent.environment()
      try await command(["python3", ForeignAgent.file("vectors.py")], environment: environment).checked()
    }

    @Test("an agent in Python enrols, fetches a bundle and reports it Ready; what it refuses is told, and it resumes")
    func enrolsAndReports() async throws {
      try await Lab.run { lab in
        try await lab.kubectl("create", "namespace", Self.namespace)
        let values = try await lab.manager.values(token: "python", namespace: Self.namespace)
        let token = try #require(try YAML.parse(values).first?["token"]?.string)
        let agent = try await ForeignAgent(
          endpoint: lab.manager.busEndpoint, token: token, clientID: "python", labels: ["env=python"],
          refuse: ["foreign-bad"])
        defer { agent.kill() }
        let enrolled = try await agent.event("enrolled")
        let name = try #require(enrolled["name"]?.string)
        #expect(enrolled["namespace"]?.string == Self.namespace)

        // Large enough for several chunks, so that credit has to be given back; too large for what apply keeps of it.
        try await lab.kubectl("create", "-f", "-", input: bundle("foreign-good", text: noise(bytes: 1_500_000)))
        try await lab.kubectl.apply(bundle("foreign-bad", text: "a"))
        try await eventually("the bundle is Ready on the cluster of the agent in Python") {
          let row = try await lab.kubectl.table("bundles", "foreign-good", "-n", Self.namespace).rows.first
          try require(row?["BUNDLEDEPLOYMENTS-READY"] == "1/1", agent.output)
          let cluster = try await lab.kubectl.table("clusters", name, "-n", Self.namespace).rows.first
          try require(cluster?["BUNDLES-READY"] == "1/2", "\(cluster ?? [:])")
        }
        try await eventually("the refusal shows") {
          let bad = try await lab.kubectl.get("bundle", "foreign-bad", "-n", Self.namespace)
          try require(Lab.complaints(of: bad).contains("refused on purpose"), Lab.complaints(of: bad))
        }

        try await lab.kubectl("delete", "bundle", "foreign-good", "-n", Self.namespace)
        _ = try await agent.event("removed")
        try await lab.manager.stop()
        _ = try await agent.event("lost")
        try await lab.manager.start()
        try await eventually("the session is taken up by the same agent after a restart of the manager") {
          try require(agent.events("welcome").count >= 2, agent.output)
          #expect(agent.events("enrolled").count == 1)
        }
        try await lab.kubectl.apply(bundle("foreign-late", text: "b"))
        try await eventually("the new session brings what is new") {
          let row = try await lab.kubectl.table("bundles", "foreign-late", "-n", Self.namespace).rows.first
          try require(row?["BUNDLEDEPLOYMENTS-READY"] == "1/1", agent.output)
        }
        #expect(agent.events("refused").count == 1, "what was refused is not sent again, not by another manager either")
        let bad = try await lab.kubectl.get("bundle", "foreign-bad", "-n", Self.namespace)
        #expect(Lab.complaints(of: bad).contains("refused on purpose"), "the refusal is still seen")
        try await lab.kubectl("delete", "bundle", "foreign-bad", "foreign-late", "-n", Self.namespace)
        try await lab.kubectl("delete", "cluster", name, "-n", Self.namespace, "--wait=false")
      }
    }

    private func bundle(_ name: String, text: String) -> String {
      """
      kind: Bundle
      apiVersion: fleet.cattle.io/v1alpha1
      metadata:
        name: \(name)
        namespace: \(Self.namespace)
      spec:
        resources:
        - name: map.yaml
          content: |
            \(Manifests.configMap(name, ["text": text]).replacing("\n", with: "\n        "))
        targets: [{clusterSelector: {matchLabels: {env: python}}}]
      """
    }

    /// Text that gzip cannot make much shorter.
    private func noise(bytes: Int) -> String {
      var random = SystemRandomNumberGenerator()
      return (0..<bytes / 16).map { _ in
        let digits = String(random.next() as UInt64, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
    }
  }
}
