import Document
import Fleet
import HelmEngine
import KubeClient
import TestSupport
import Testing

@testable import Agent

extension SharedClusterTests {
  @Suite("Removing a bundle")
  struct RemovalLiveTests {
    private func gone(_ fixture: Fixture, _ id: String) async throws {
      try await eventually("\(id) is gone", within: .seconds(120)) { await fixture.manager.statuses[id] == nil }
    }

    @Test("keepResources leaves the objects and takes Helm's records, also of what never became ready")
    func kept() async throws {
      let fixture = try Fixture()
      var whole = HelmInstallLiveTests.bundle("kept", ["a.yaml": Fixture.settings])
      whole.options.keepResources = true
      var half = HelmInstallLiveTests.bundle(
        "kept-half", ["a.yaml": Fixture.settings, "b.yaml": HelmInstallLiveTests.unready]
      ) { $0.timeoutSeconds = 1 }
      half.options.keepResources = true
      let ids = (try await fixture.manager.deploy(whole), try await fixture.manager.deploy(half))
      try await fixture.run {
        try await fixture.withClient { client in
          try await fixture.wait("kept", ids.0, .ready)
          try await fixture.wait("kept-half", ids.1, .notReady)
          for name in ["kept", "kept-half"] {
            await fixture.manager.remove(name)
            try await gone(fixture, name)
            #expect(try await fixture.colour(client, name) == "red")
            #expect(try await HelmInstallLiveTests.history(fixture, name) == [])
          }
        }
      }
    }

    @Test("An object whose finalizer hangs is named and waited for, holds nothing else up, and ends with its finalizer")
    func finalizers() async throws {
      let log = MessageLog()
      let fixture = try Fixture(log: log)
      let held = Fixture.settings.replacing(
        "metadata: {name: settings}", with: "metadata: {name: settings, finalizers: [example.com/wait]}")
      let bundle = HelmInstallLiveTests.bundle("held", ["a.yaml": held])
      let id = try await fixture.manager.deploy(bundle)
      let waiting = "configmap.v1 held/settings (finalizers example.com/wait)"
      try await fixture.run {
        try await fixture.withClient { client in
          try await fixture.wait("held", id, .ready)
          await fixture.manager.remove("held")
          try await eventually("it is told") { log.holds("removing failed", "once these objects are gone", waiting) }
          #expect(try await fixture.colour(client, "held", "other") == nil)
          try await HelmInstallLiveTests.fence(fixture, "held-fence")
          #expect(await fixture.manager.statuses["held"] != nil, "it is not gone yet")
          // What is wanted again is not applied to an object that is going.
          try await fixture.manager.deploy(bundle)
          try await fixture.wait("held", id, .errApplied)
          #expect(await fixture.manager.status("held")?.message(desiredID: id).contains(waiting) == true)
          await fixture.manager.remove("held")
        }
      }
      // An agent that starts anew goes on with it.
      try await fixture.run {
        try await fixture.withClient { client in
          try await HelmInstallLiveTests.fence(fixture, "held-fence")
          #expect(await fixture.manager.statuses["held"] != nil, "it is not gone yet")
          _ = try await client.patch(
            .configMaps, namespace: "held", name: "settings", ["metadata": ["finalizers": nil]], type: .merge)
          try await gone(fixture, "held")
          #expect(try await fixture.colour(client, "held") == nil)
          #expect(try await HelmInstallLiveTests.history(fixture, "held") == [])
        }
      }
    }

    @Test("A deployed object that somebody deletes, and a finalizer holds, is told as being removed")
    func deletedByHand() async throws {
      let fixture = try Fixture()
      let held = Fixture.settings.replacing(
        "metadata: {name: settings}", with: "metadata: {name: settings, finalizers: [example.com/wait]}")
      let bundle = HelmInstallLiveTests.bundle("deleted", ["a.yaml": held])
      let id = try await fixture.manager.deploy(bundle)
      try await fixture.run {
        try await fixture.withClient { client in
          try await fixture.wait("deleted", id, .ready)
          try await client.delete(.configMaps, namespace: "deleted", name: "settings")
          try await fixture.wait("deleted", id, .notReady)
          let told = await fixture.manager.status("deleted")?.nonReadyStatus.first?.display ?? ""
          #expect(told.hasPrefix("configmap.v1 deleted/settings [progressing] waiting on"), "\(told)")
          _ = try await client.patch(
            .configMaps, namespace: "deleted", name: "settings", ["metadata": ["finalizers": nil]], type: .merge)
          try await fixture.waitModified("deleted", ["configmap.v1 deleted/settings missing"])
        }
      }
    }

    @Test("An object that says helm.sh/resource-policy: keep stays when its bundle goes")
    func policy() async throws {
      let fixture = try Fixture()
      let kept = Fixture.settings.replacing(
        "metadata: {name: settings}",
        with: "metadata: {name: settings, annotations: {helm.sh/resource-policy: keep}}")
      let id = try await fixture.manager.deploy(HelmInstallLiveTests.bundle("policy", ["a.yaml": kept]))
      try await fixture.run {
        try await fixture.withClient { client in
          try await fixture.wait("policy", id, .ready)
          await fixture.manager.remove("policy")
          try await gone(fixture, "policy")
          #expect(try await fixture.colour(client, "policy") == "red")
          #expect(try await fixture.colour(client, "policy", "other") == nil)
        }
      }
    }
  }

  @Suite("Forced corrections")
  struct ForcedCorrectionLiveTests {
    @Test("With correctDrift.force what can no longer be changed is made anew, but not what is to be kept")
    func immutable() async throws {
      let fixture = try Fixture()
      let kept = Fixture.settings.replacing(
        "metadata: {name: settings}",
        with: "metadata: {name: settings, annotations: {helm.sh/resource-policy: keep}}")
      func bundle(_ name: String, _ text: String) -> TestManager.Bundle {
        TestManager.Bundle(
          name: name, files: ["a.yaml": text],
          options: Fixture.options(name, correct: CorrectDrift(enabled: true, force: true)))
      }
      let ids = (
        try await fixture.manager.deploy(bundle("anew", Fixture.settings)),
        try await fixture.manager.deploy(bundle("anew-kept", kept))
      )
      try await fixture.run {
        try await fixture.withClient { client in
          try await fixture.wait("anew", ids.0, .ready)
          try await fixture.wait("anew-kept", ids.1, .ready)
          let before = try await client.get(.configMaps, namespace: "anew", name: "settings").at("metadata", "uid")
          let other = try await client.get(.configMaps, namespace: "anew", name: "other").at("metadata", "uid")
          // From here on the maps cannot be changed any more, only deleted.
          for namespace in ["anew", "anew-kept"] {
            _ = try await client.patch(
              .configMaps, namespace: namespace, name: "settings", ["immutable": true, "data": ["colour": "blue"]],
              type: .merge)
          }
          try await fixture.restoring(client, "anew")
          try await eventually("it is told") { await fixture.revision("anew") == "anew/anew:2" }
          try await fixture.wait("anew", ids.0, .ready)
          #expect(
            try await client.get(.configMaps, namespace: "anew", name: "settings").at("metadata", "uid") != before)
          #expect(try await client.get(.configMaps, namespace: "anew", name: "other").at("metadata", "uid") == other)
          #expect(try await HelmInstallLiveTests.history(fixture, "anew") == ["1=superseded", "2=deployed"])
          try await eventually("the other one is told") {
            await fixture.manager.status("anew-kept")?.conditions["Ready"]?.message.contains("immutable") == true
          }
          #expect(try await fixture.colour(client, "anew-kept") == "blue")
        }
      }
    }
  }
}
