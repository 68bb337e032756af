import Document
import Foundation
import struct TestSupport.ControlPlane
import Testing

extension EndToEnd {
  @Suite("Something is killed in the middle of a rollout")
  struct FaultTests {
    /// Directories of a rollout: as many bundles, each deployed to two clusters.
    static let directories = (1...8).map { "app\($0)" }

    /// Who is killed once the first deployment of the second commit is there.
    enum Victim: String, CaseIterable, Sendable { case manager, agent, apiServer }

    @Test("the rollout ends as if nothing had happened, each change applied once", arguments: Victim.allCases)
    func killed(_ victim: Victim) async throws {
      try await Lab.run { lab in
        let name = "killed-\(victim.rawValue.lowercased())"
        let repository = try await GitRepository(name)
        let first = try await repository.push(Self.files(name, generation: 1))
        try await lab.apply(gitRepo: name, repository, paths: Self.directories)
        let count = Self.directories.count * 2
        try await lab.ready(gitRepo: name, commit: first, deployments: count, within: .seconds(60))

        let second = try await repository.push(Self.files(name, generation: 2))
        try await eventually("the second commit begins to arrive", every: .milliseconds(20)) {
          let arrived = try await Self.generations(name, lab.dev.plane)
          try require(arrived.contains("2"), "\(arrived)")
        }
        switch victim {
        case .manager:
          try await lab.manager.kill()
          try await lab.manager.start()
        case .agent:
          try await lab.dev.kill()
          try await lab.dev.start()
        case .apiServer:
          try await lab.dev.plane.killAPIServer()
          try await lab.dev.plane.start(within: .seconds(90))
        }
        try await lab.ready(gitRepo: name, commit: second, deployments: count, within: .seconds(90))

        for agent in [lab.dev, lab.prod] {
          #expect(
            try await Self.generations(name, agent.plane) == Array(repeating: "2", count: Self.directories.count))
          // One that was cut off in the middle counts twice more, for its rollback and its second attempt (as Fleet does
          // it); none is stuck, and none is deployed again and again.
          let revisions = try await Self.revisions(name, agent.plane)
          #expect(revisions.count == Self.directories.count)
          #expect(revisions.values.allSatisfy { (2...4).contains($0) }, "\(revisions)")
          if agent.name == "prod", victim != .manager {
            #expect(revisions.values.allSatisfy { $0 == 2 }, "the other cluster is undisturbed: \(revisions)")
          }
        }
        try await lab.remove(gitRepo: name)
      }
    }

    @Test("agents that start again deploy nothing that is there already")
    func restartsAreQuiet() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("quiet")
        let commit = try await repository.push(["app/map.yaml": Manifests.configMap("quiet", ["a": "b"])])
        try await lab.apply(gitRepo: "quiet", repository, paths: ["app"])
        try await lab.ready(gitRepo: "quiet", commit: commit, deployments: 2)
        let before = try await lab.dev.plane.admin(
          "get", "configmap", "quiet", "-n", "default", "-o", "jsonpath={.metadata.resourceVersion}")
        let seen = try await lab.cluster(lab.dev).at("status", "agent", "lastSeen")?.string
        for _ in 0..<2 {
          try await lab.dev.kill()
          try await lab.dev.start()
          try await eventually("the agent is seen again") {
            let now = try await lab.cluster(lab.dev).at("status", "agent", "lastSeen")?.string
            try require(now != nil && now != seen, "lastSeen is \(now ?? "nothing")")
          }
        }
        try await always("the release has one revision", for: .seconds(2)) {
          let revisions = try await Self.revisions("quiet", lab.dev.plane)
          try require(revisions == ["quiet-app": 1], "\(revisions)")
        }
        let after = try await lab.dev.plane.admin(
          "get", "configmap", "quiet", "-n", "default", "-o", "jsonpath={.metadata.resourceVersion}")
        #expect(before == after, "nobody wrote the object")
        try await lab.remove(gitRepo: "quiet")
      }
    }

    @Test("what kubectl was told is written is there after the manager is killed")
    func acknowledgedWrites() async throws {
      try await Lab.run { lab in
        let writing = Task {
          var acknowledged: [String] = []
          for number in 0..<200 {
            let name = "write-\(number)"
            let outcome = try await lab.kubectl.run([
              "create", "configmap", name, "-n", Lab.workspace, "--from-literal=number=\(number)",
            ])
            guard outcome.status == 0 else { break }
            acknowledged.append(name)
          }
          return acknowledged
        }
        try await eventually("some writes are done", every: .milliseconds(20)) {
          try require(try await lab.kubectl.has("configmap", "write-5", "-n", Lab.workspace), "not yet five")
        }
        try await lab.manager.kill()
        let acknowledged = try await writing.value
        try await lab.manager.start()
        let list = try await lab.kubectl.get("configmaps", "-n", Lab.workspace)
        let present = Set((list["items"]?.array ?? []).compactMap { $0.at("metadata", "name")?.string })
        #expect(acknowledged.count >= 6)
        #expect(acknowledged.allSatisfy(present.contains), "acknowledged \(acknowledged.count), found \(present.count)")
        try await command(
          ["kubectl", "--kubeconfig", lab.kubectl.kubeconfig, "delete", "configmap", "-n", Lab.workspace]
            + acknowledged
        ).checked()
      }
    }

    private static func files(_ name: String, generation: Int) -> [String: String] {
      Dictionary(
        uniqueKeysWithValues: directories.map {
          ("\($0)/map.yaml", Manifests.configMap("\(name)-\($0)", ["generation": "\(generation)"]))
        })
    }

    /// What generation each of a rollout's objects is at in a cluster.
    private static func generations(_ name: String, _ plane: ControlPlane) async throws -> [String] {
      let list = try await plane.admin.get("configmaps", "-n", "default")
      return (list["items"]?.array ?? [])
        .filter { $0.at("metadata", "name")?.string?.hasPrefix(name + "-") == true }
        .compactMap { $0.at("data", "generation")?.string }
    }

    /// The highest revision of each Helm release whose name begins so.
    private static func revisions(_ name: String, _ plane: ControlPlane) async throws -> [String: Int] {
      let list = try await plane.admin.get("secrets", "-n", "default", "-l", "owner=helm")
      var highest: [String: Int] = [:]
      for secret in list["items"]?.array ?? [] {
        guard let release = secret.at("metadata", "labels", "name")?.string, release.hasPrefix(name + "-"),
          let revision = secret.at("metadata", "labels", "version")?.string.flatMap(Int.init)
        else { continue }
        highest[release] = max(highest[release] ?? 0, revision)
      }
      return highest
    }
  }
}
