import Document
import Fleet
import KubeClient
import TestSupport
import Testing

@testable import Agent

@Suite("Objects that move between bundles, on a real API server", .controlPlane, .serialized, .timeLimit(.minutes(3)))
struct TakeoverLiveTests {
  private func map(_ name: String, _ colour: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {colour: \(colour)}\n"
  }

  private func uid(_ client: KubeClient, _ namespace: String) async throws -> String? {
    try await client.get(.configMaps, namespace: namespace, name: "moved").at("metadata", "uid")?.string
  }

  @Test(
    "An object that moves to another bundle survives, whether its first bundle goes or only lets go of it",
    arguments: [true, false])
  func moves(isPruned: Bool) async throws {
    let fixture = try Fixture()
    let namespace = isPruned ? "pruned" : "shrunk"
    var old = TestManager.Bundle(
      name: "\(namespace)-old", files: ["own.yaml": map("own", "red"), "moved.yaml": map("moved", "red")],
      options: Fixture.options(namespace, correct: CorrectDrift(enabled: true)))
    let first = try await fixture.manager.deploy(old)
    var new = TestManager.Bundle(
      name: "\(namespace)-new", files: ["moved.yaml": map("moved", "blue")], options: Fixture.options(namespace))
    // As the manager writes it: by the file, which names no namespace.
    new.options.overwrites = [OverwrittenResource(kind: "ConfigMap", name: "moved", namespace: "")]
    old.files["moved.yaml"] = nil
    let (shrunk, taking) = (old, new)
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait("\(namespace)-old", first, .ready)
        let before = try await uid(client, namespace)
        let second = try await fixture.manager.deploy(taking)
        if isPruned {
          await fixture.manager.remove("\(namespace)-old")
          try await eventually("the first bundle is gone") {
            await fixture.manager.statuses["\(namespace)-old"] == nil
          }
        } else {
          try await fixture.wait("\(namespace)-old", try await fixture.manager.deploy(shrunk), .ready)
        }
        try await fixture.wait("\(namespace)-new", second, .ready)
        #expect(try await uid(client, namespace) == before, "it was never deleted")
        #expect(try await fixture.colour(client, namespace, "moved") == "blue")
        #expect(try await fixture.colour(client, namespace, "own") == (isPruned ? nil : "red"))
        #expect(await fixture.modified("\(namespace)-new") == [])
      }
    }
  }

  @Test("A bundle takes over what it names, and no object of somebody else's beside it")
  func others() async throws {
    let fixture = try Fixture()
    var taking = TestManager.Bundle(
      name: "taker", files: ["a.yaml": map("moved", "blue"), "b.yaml": map("foreign", "blue")],
      options: Fixture.options("taken"))
    taking.options.overwrites = [OverwrittenResource(kind: "ConfigMap", name: "moved", namespace: "taken")]
    let bundle = taking
    try await fixture.plane.kubectl("create", "namespace", "taken")
    try await fixture.plane.kubectl("create", "configmap", "-n", "taken", "foreign", "--from-literal=colour=red")
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait("taker", id, .errApplied)
        #expect(
          await fixture.manager.status("taker")?.message(desiredID: id)
            == "configmap.v1 taken/foreign exists and is not owned by us")
        #expect(try await fixture.colour(client, "taken", "foreign") == "red")
        try await client.delete(.configMaps, namespace: "taken", name: "foreign")
        try await fixture.wait("taker", id, .ready)
        // What was to be taken over and got lost all the same is made again, without drift correction.
        try await client.delete(.configMaps, namespace: "taken", name: "moved")
        try await eventually("it is there again") { try await fixture.colour(client, "taken", "moved") == "blue" }
        try await eventually("that is done") { await fixture.revision("taker") == "taken/taker:2" }
        try await client.delete(.configMaps, namespace: "taken", name: "foreign")
        try await fixture.waitModified("taker", ["configmap.v1 taken/foreign missing"])
      }
    }
  }
}
