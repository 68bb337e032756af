import Fleet
import TestSupport
import Testing

@testable import Agent

@Suite("Bundles that wait for each other, on a real API server", .controlPlane, .timeLimit(.minutes(2)))
struct DependenciesLiveTests {
  private func map(_ name: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n"
  }

  @Test("A bundle waits for those that it depends on, and follows them at once")
  func dependencies() async throws {
    let fixture = try Fixture()
    var web = TestManager.Bundle(
      name: "web", files: ["a.yaml": map("web")], options: Fixture.options("deps"))
    web.dependsOn = [DependsOn(name: "db")]
    let id = try await fixture.manager.deploy(web)
    try await fixture.run {
      try await fixture.wait("web", id, .errApplied)
      #expect(
        await fixture.manager.status("web")?.message(desiredID: id).hasPrefix(
          "list bundledeployments: no bundles matching") == true)
      let db = try await fixture.manager.deploy(
        TestManager.Bundle(
          name: "db", files: ["a.yaml": map("db")], options: Fixture.options("deps")))
      try await fixture.wait("db", db, .ready)
      // Long before its timer would try again.
      try await fixture.wait("web", id, .ready)
    }
  }

  @Test("Bundles that wait for each other say so, and begin once somebody breaks the circle")
  func circle() async throws {
    let fixture = try Fixture()
    func bundle(_ name: String, after other: String?) -> TestManager.Bundle {
      TestManager.Bundle(
        name: name, files: ["a.yaml": map(name)], options: Fixture.options("circle"),
        dependsOn: other.map { [DependsOn(name: $0)] } ?? [])
    }
    let (egg, free) = (bundle("egg", after: "hen"), bundle("egg", after: nil))
    let hen = try await fixture.manager.deploy(bundle("hen", after: "egg"))
    let id = try await fixture.manager.deploy(egg)
    try await fixture.run {
      for (name, other, id) in [("hen", "egg", hen), ("egg", "hen", id)] {
        try await eventually("\(name) names the circle") {
          await fixture.manager.status(name)?.message(desiredID: id)
            == "dependent bundle(s) are not ready: [\(other)]; dependsOn goes in a circle, so none of them can begin:"
            + " \(name) -> \(other) -> \(name)"
        }
      }
      #expect(try await fixture.manager.deploy(free) == id, "what a bundle depends on is no part of its id")
      try await fixture.wait("hen", hen, .ready)
      try await fixture.wait("egg", id, .ready)
    }
  }
}
