import Document
import Fleet
import Foundation
import HelmEngine
import TestSupport
import Testing

@testable import Agent

@Suite(
  "How fast an agent is", .controlPlane, .serialized, .timeLimit(.minutes(5)),
  .enabled(if: ProcessInfo.processInfo.environment["AGENT_SPEED"] != nil))
struct SpeedTests {
  static func objects(_ bundle: String, namespace: String) -> [String: String] {
    var files: [String: String] = [:]
    for index in 0..<10 {
      files["\(index).yaml"] =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(bundle)-\(index), namespace: \(namespace)}\ndata: {a: b}\n"
    }
    return files
  }

  @Test("50 bundles of 10 objects, against the same installations by Helm alone")
  func fiftyByTen() async throws {
    let fixture = try Fixture()
    let engine = HelmEngine(connection: ClusterConnection(.file(fixture.plane.kubeconfig)))
    try await fixture.plane.kubectl("create", "namespace", "reference")
    let reference = try await ContinuousClock().measure {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<50 {
          group.addTask {
            let manifests = Self.objects("b\(index)", namespace: "reference").values.joined(separator: "---\n")
            let chart = try Chart.wrapping(
              manifests: manifests, metadata: ChartMetadata(name: "b\(index)", version: "1.0.0"))
            _ = try await engine.install(ReleaseIdentity(name: "b\(index)", namespace: "reference"), chart: chart)
          }
        }
        try await group.waitForAll()
      }
    }
    var options = BundleDeploymentOptions()
    options.defaultNamespace = "speed"
    try await fixture.plane.kubectl("create", "namespace", "speed")
    let chosen = options
    try await fixture.run {
      try await eventually("a session") { await fixture.manager.completes > 0 }
      let began = ContinuousClock.now
      var ids: [String: String] = [:]
      for index in 0..<50 {
        let name = "b\(index)"
        ids[name] = try await fixture.manager.deploy(
          TestManager.Bundle(name: name, files: Self.objects(name, namespace: "speed"), options: chosen))
      }
      let wanted = ids
      for (name, id) in wanted { try await fixture.wait(name, id, .ready) }
      let took = ContinuousClock.now - began
      print("bench deploy-50x10 agent=\(took) helm=\(reference) ratio=\(took / reference)")
    }
  }
}
