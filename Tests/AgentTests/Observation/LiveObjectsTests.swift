import Fleet
import Testing

@testable import Agent

@Suite("What is known of live objects")
struct LiveObjectsTests {
  func object(
    _ name: String, set: String = "s1", uid: String = "u", version: UInt64 = 1, notReady: String? = nil,
    apiVersion: String = "apps/v1"
  ) -> LiveObject {
    LiveObject(
      identity: ObjectIdentity(apiVersion: apiVersion, kind: "Deployment", namespace: "web", name: name), setHash: set,
      uid: uid, createdAt: "2026-01-01T00:00:00Z", resourceVersion: version,
      notReady: notReady.map { NonReadyStatus.Summary(state: $0, transitioning: true) })
  }

  @Test("Only changes that a status shows concern its set")
  func visibleChanges() {
    var live = LiveObjects()
    #expect(live.put(object("a")) == ["s1"])
    #expect(live.put(object("a", version: 2)) == [])
    #expect(live.put(object("a", version: 3, notReady: "updating")) == ["s1"])
    #expect(live.put(object("a", version: 2)) == [], "an older object changes nothing")
    #expect(live.objects(of: "s1").first?.notReady?.state == "updating")
  }

  @Test("An object that moves to another set concerns both")
  func moves() {
    var live = LiveObjects()
    _ = live.put(object("a"))
    #expect(live.put(object("a", set: "s2", version: 2)) == ["s1", "s2"])
    #expect(live.objects(of: "s1").isEmpty)
  }

  @Test("What a complete list does not hold is gone, unless it is newer, of another type or of another set")
  func replace() {
    var live = LiveObjects()
    _ = live.put(object("old"))
    _ = live.put(object("new", version: 9))
    _ = live.put(object("other", set: "s2"))
    var stateful = object("stateful")
    stateful.identity.kind = "StatefulSet"
    _ = live.put(stateful)
    let type = ObjectType(apiVersion: "apps/v1", kind: "Deployment")
    #expect(live.replace(type, of: "s1", with: [object("listed", version: 4)], at: 5) == ["s1"])
    #expect(Set(live.objects(of: "s1").map(\.identity.name)) == ["new", "listed", "stateful"])
    #expect(live.objects(of: "s2").count == 1)
  }

  @Test("What was told to be gone does not come back with what was read before, but with a change or as a new object")
  func readBefore() {
    var live = LiveObjects()
    _ = live.put(object("a", version: 3))
    #expect(live.remove(object("a").identity, uid: "u") == ["s1"])
    #expect(live.put(object("a", version: 3)) == [])
    #expect(live.put(object("a", version: 2)) == [])
    #expect(live.objects(of: "s1").isEmpty)
    #expect(live.put(object("a", version: 4)) == ["s1"], "it has its label back")
    _ = live.remove(object("a").identity)
    #expect(live.put(object("a", uid: "v", version: 1)) == ["s1"])
    // A kind that is watched no more, and then again, is told of as it was.
    _ = live.forget(ObjectType(apiVersion: "apps/v1", kind: "Deployment"))
    #expect(live.put(object("a", uid: "v", version: 1)) == ["s1"])
  }

  @Test("Two versions of one group name the same object")
  func versions() {
    var live = LiveObjects()
    _ = live.put(object("a"))
    _ = live.put(object("a", version: 2, apiVersion: "apps/v1beta1"))
    #expect(live.count == 1)
  }

  @Test("A deployed object that is not there is missing, one without our label is not owned by us")
  func missing() {
    let names = ["a", "b", "c"].map {
      ObjectIdentity(apiVersion: "apps/v1", kind: "Deployment", namespace: "web", name: $0)
    }
    let observation = BundleDeploymentStatus.Observation(
      deployed: names, labelled: [object("a"), object("hook")], foreign: [names[1]])
    #expect(observation.live.map(\.object.name) == ["a"])
    #expect(
      observation.modified.map(\.display) == [
        "deployment.apps web/b is not owned by us", "deployment.apps web/c missing",
      ])
  }
}
