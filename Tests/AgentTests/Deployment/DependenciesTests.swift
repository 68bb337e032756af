import Fleet
import Testing

@testable import Agent

@Suite("What deployments wait for") struct DependenciesTests {
  private func brief(_ name: String, _ dependsOn: [DependsOn] = [], labels: [String: String] = [:]) -> DeploymentBrief {
    DeploymentBrief(
      version: "1",
      payload: DeploymentPayload(
        bundleName: name, bundleNamespace: "fleet-default", labels: labels, manifestID: "s-1",
        deploymentID: "s-1:\(name)",
        options: BundleDeploymentOptions(), dependsOn: dependsOn))
  }

  private func on(_ names: String...) -> [DependsOn] { names.map { DependsOn(name: $0) } }

  private func make(_ briefs: [DeploymentBrief], ready: Set<String> = []) -> Dependencies {
    var dependencies = Dependencies()
    for brief in briefs {
      dependencies.set(brief.bundleName, to: brief, state: ready.contains(brief.bundleName) ? .ready : .waitApplied)
    }
    return dependencies
  }

  @Test("Nothing is in the way of what depends on nothing, or on what is ready")
  func ready() {
    let dependencies = make([brief("db"), brief("web", on("db"))], ready: ["db"])
    #expect(dependencies.obstacle(of: "db") == nil)
    #expect(dependencies.obstacle(of: "web") == nil)
  }

  @Test("Bundles that are not ready, and bundles that are not there, are named as Fleet names them")
  func messages() {
    let dependencies = make([
      brief("db"), brief("cache"), brief("web", on("db", "cache")), brief("lost", on("nowhere")),
    ])
    #expect(dependencies.obstacle(of: "web")?.message == "dependent bundle(s) are not ready: [cache db]")
    #expect(
      dependencies.obstacle(of: "lost")?.message
        == "list bundledeployments: no bundles matching labels fleet.cattle.io/bundle-name=nowhere,"
        + "fleet.cattle.io/bundle-namespace=fleet-default in namespace fleet-default")
  }

  @Test("A circle is named, from whichever bundle one looks; one that a ready bundle breaks is none")
  func circle() {
    let all = [brief("a", on("b")), brief("b", on("x", "c")), brief("c", on("a")), brief("x"), brief("d", on("a"))]
    let dependencies = make(all)
    let text = "; dependsOn goes in a circle, so none of them can begin: "
    #expect(
      dependencies.obstacle(of: "a")?.message == "dependent bundle(s) are not ready: [b]\(text)a -> b -> c -> a")
    #expect(
      dependencies.obstacle(of: "c")?.message == "dependent bundle(s) are not ready: [a]\(text)c -> a -> b -> c")
    #expect(dependencies.obstacle(of: "d")?.message == "dependent bundle(s) are not ready: [a]", "beside the circle")
    #expect(make(all, ready: ["c"]).obstacle(of: "a")?.message == "dependent bundle(s) are not ready: [b]")
  }

  @Test("Only those that wait for a deployment, by name or by labels, are concerned by it")
  func concerned() throws {
    let selector = try DependsOn(["selector": ["matchLabels": ["tier": "data"]]])
    var dependencies = make([
      brief("db", labels: ["tier": "data"]), brief("web", on("db")), brief("report", [selector]),
      brief("other", on("web")),
    ])
    #expect(dependencies.waiting(for: "db") == [], "nobody waits yet")
    for id in ["web", "report", "other"] { dependencies.setWaiting(id, true) }
    #expect(dependencies.waiting(for: "db") == ["report", "web"])
    #expect(dependencies.waiting(for: "web") == ["other"])
    dependencies.setWaiting("web", false)
    #expect(dependencies.waiting(for: "db") == ["report"])
    dependencies.set("report", to: nil, state: .waitApplied)
    #expect(dependencies.waiting(for: "db") == [])
  }
}
