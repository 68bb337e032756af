import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import TestSupport
import Testing

@testable import Agent

@Suite("Drift correction on a real API server", .controlPlane, .serialized, .timeLimit(.minutes(5)))
struct DriftCorrectionLiveTests {
  /// Helm's revisions of a release and their states.
  func history(_ fixture: Fixture, _ name: String) async throws -> String {
    try await fixture.plane.kubectl(
      "get", "secret", "-n", name, "-l", "owner=helm,name=\(name)", "-o",
      "jsonpath={range .items[*]}{.metadata.labels.version}={.metadata.labels.status} {end}")
  }

  @Test("With correctDrift what differs or is gone is put right, as a new revision of the release")
  func corrected() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "fix", files: ["a.yaml": Fixture.settings],
      options: Fixture.options("fix", correct: CorrectDrift(enabled: true)))
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait("fix", id, .ready)
        try await fixture.restoring(client, "fix") { try await fixture.paint(client, "fix", "blue") }
        try await eventually("the new revision is told") { await fixture.revision("fix") == "fix/fix:2" }
        #expect(await fixture.manager.state("fix", id) == .ready)
        try await fixture.restoring(client, "fix", "other") {
          try await client.delete(.configMaps, namespace: "fix", name: "other")
        }
        try await eventually("the next revision is told") { await fixture.revision("fix") == "fix/fix:3" }
        try await fixture.wait("fix", id, .ready)
        // Helm's history stays within its limit, and the last revision is what runs.
        let records = try await history(fixture, "fix")
        #expect(records.split(separator: " ").sorted() == ["2=superseded", "3=deployed"])
      }
    }
    // A restart looks, and finds nothing to do.
    try await fixture.run {
      try await fixture.withClient { client in
        let took = try await fixture.restoring(client, "fix") { try await fixture.paint(client, "fix", "green") }
        #expect(took < .seconds(15), "right after the agent's start")
        try await eventually("told after the restart") { await fixture.revision("fix") == "fix/fix:4" }
      }
    }
  }

  @Test("What changed while the agent was away is put right when it is back")
  func whileAway() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "away", files: ["a.yaml": Fixture.settings],
      options: Fixture.options("away", correct: CorrectDrift(enabled: true)))
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run { try await fixture.wait("away", id, .ready) }
    try await fixture.withClient { client in
      try await fixture.paint(client, "away", "blue")
      try await fixture.run {
        try await fixture.restoring(client, "away")
        try await eventually("it is told") { await fixture.revision("away") == "away/away:2" }
      }
    }
  }

  @Test("correctDrift and comparePatches take effect without a new deployment; a paused bundle is left alone")
  func optionsAlone() async throws {
    let fixture = try Fixture()
    var bundle = TestManager.Bundle(name: "opt", files: ["a.yaml": Fixture.settings], options: Fixture.options("opt"))
    let id = try await fixture.manager.deploy(bundle)
    let difference = #"configmap.v1 opt/settings modified {"data":{"colour":"red"}}"#
    var disregarding = bundle
    var patch = ComparePatch()
    (patch.apiVersion, patch.kind, patch.jsonPointers) = ("v1", "ConfigMap", ["/data/colour"])
    disregarding.options.comparePatches = [patch]
    bundle.options.correctDrift = CorrectDrift(enabled: true)
    let (correcting, ignoring) = (bundle, disregarding)
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait("opt", id, .ready)
        try await fixture.paint(client, "opt", "blue")
        try await fixture.waitModified("opt", [difference])
        #expect(try await fixture.manager.deploy(ignoring) == id)
        try await fixture.waitModified("opt", [])
        #expect(await fixture.manager.state("opt", id) == .ready)
        try await fixture.manager.deploy(correcting, paused: true)
        try await fixture.plane.kubectl("annotate", "-n", "opt", "configmap/other", "seen=1")
        // By the time that another bundle is deployed, what was annotated has been looked at.
        let fence = TestManager.Bundle(
          name: "fence", files: ["a.yaml": Fixture.settings], options: Fixture.options("fence"))
        try await fixture.wait("fence", try await fixture.manager.deploy(fence), .ready)
        #expect(try await fixture.colour(client, "opt") == "blue", "paused")
        #expect(await fixture.revision("opt") == "opt/opt:1", "nothing was deployed anew")
        try await fixture.manager.deploy(correcting)
        try await fixture.restoring(client, "opt")
        try await eventually("the correction is told") { await fixture.revision("opt") == "opt/opt:2" }
      }
    }
  }

  @Test("A controller that changes a field back after every correction is not fought without end, and is named")
  func fight() async throws {
    let fixture = try Fixture()
    let bundle = TestManager.Bundle(
      name: "fight", files: ["a.yaml": Fixture.settings],
      options: Fixture.options("fight", correct: CorrectDrift(enabled: true)))
    let id = try await fixture.manager.deploy(bundle)
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait("fight", id, .ready)
        let stubborn = Task {
          while !Task.isCancelled {
            if try await fixture.colour(client, "fight") == "red" { try await fixture.paint(client, "fight", "blue") }
            try await Task.sleep(for: .milliseconds(10))
          }
        }
        try await eventually("the fight is told") {
          await fixture.manager.status("fight")?.conditions["Monitored"]?.message.contains(
            #"configmap.v1 fight/settings is changed again by "painter""#) == true
        }
        stubborn.cancel()
        _ = await stubborn.result
        try await fixture.restoring(client, "fight")
        try await fixture.wait("fight", id, .ready)
      }
    }
  }

  @Test(
    "An attempt that fails is told and taken out of Helm's history, unless it is to be kept", arguments: [false, true])
  func failingCorrection(keepFailHistory: Bool) async throws {
    let fixture = try Fixture()
    let name = keepFailHistory ? "kept" : "dropped"
    let drift = CorrectDrift(enabled: true, keepFailHistory: keepFailHistory)
    let id = try await fixture.manager.deploy(
      TestManager.Bundle(
        name: name, files: ["a.yaml": Fixture.settings], options: Fixture.options(name, correct: drift)))
    try await fixture.run {
      try await fixture.withClient { client in
        try await fixture.wait(name, id, .ready)
        // From here on the map cannot be changed any more, only deleted.
        _ = try await client.patch(
          .configMaps, namespace: name, name: "settings", ["immutable": true, "data": ["colour": "blue"]], type: .merge)
        try await eventually("the failure is told") {
          let ready = await fixture.manager.status(name)?.conditions["Ready"]
          return ready?.isFalse == true && ready?.message.contains("immutable") == true
        }
        try await fixture.waitModified(name, [#"configmap.v1 \#(name)/settings modified {"data":{"colour":"red"}}"#])
        #expect(await fixture.revision(name) == "\(name)/\(name):1")
        try await eventually("Helm's history is as it should be between attempts") {
          let records = try await history(fixture, name)
          return keepFailHistory ? records.contains("failed") : records == "1=deployed "
        }
        try await client.delete(.configMaps, namespace: name, name: "settings")
        try await fixture.restoring(client, name)
        try await fixture.wait(name, id, .ready)
        #expect(await fixture.manager.status(name)?.conditions["Ready"]?.message == "")
      }
    }
  }
}
