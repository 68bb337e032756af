import Document
import Fleet
import HelmEngine
import Logging
import TestSupport
import Testing
import Wire

@testable import Agent

@Suite("Comparing for the manager", .timeLimit(.minutes(1)))
struct DeploymentInspectorTests {
  private let cluster = PretendCluster()
  private let brief: DeploymentBrief

  init() {
    var options = BundleDeploymentOptions()
    var ignored = ComparePatch()
    ignored.apiVersion = "v1"
    ignored.kind = "ConfigMap"
    ignored.name = "ignored"
    ignored.operations = [ComparePatch.Operation(op: "ignore")]
    options.comparePatches = [ignored]
    brief = DeploymentBrief(
      version: "v2",
      payload: DeploymentPayload(
        bundleName: "one", bundleNamespace: "fleet-default", manifestID: "s-1", deploymentID: "s-1:2", options: options)
    )
  }

  private func identity(_ name: String, kind: String = "ConfigMap") -> ObjectIdentity {
    ObjectIdentity(apiVersion: "v1", kind: kind, namespace: "n", name: name)
  }

  private func object(_ name: String, kind: String = "ConfigMap", _ text: String = "red", labelled: Bool = true)
    -> Value
  {
    var object: Value = [
      "apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name), "namespace": "n"],
      "data": ["colour": .string(text)],
    ]
    if labelled { object.set([FleetLabels.objectSetHash: .string(brief.setHash)], at: "metadata", "labels") }
    return object
  }

  /// An inspector of a release that holds these objects, and held others before.
  private func inspector(
    _ wanted: [Value], previous: [ObjectIdentity] = [], applied isApplied: Bool = true, failure: String? = nil
  ) async -> DeploymentInspector {
    let manifests = DeployedManifests(cluster: cluster)
    let applied = AppliedRelease(
      deploymentID: "s-1:1", release: ReleaseIdentity(name: "r", namespace: "n"), revision: 3,
      objects: wanted.map { ObjectIdentity(of: $0) }, previous: previous)
    await manifests.keep(wanted, of: applied, kinds: ClusterKinds())
    let logger = Logger(label: "inspector") { _ in SwiftLogNoOpLogHandler() }
    let comparer = DriftComparer(
      cluster: cluster, rights: { [cluster] _ in cluster }, helmFieldManager: "helm", logger: logger)
    return DeploymentInspector(cluster: cluster, manifests: manifests, comparer: comparer) { [brief] id in
      id == "one" ? Deployer.Standing(applied: isApplied ? applied : nil, failure: failure, brief: brief) : nil
    }
  }

  @Test("every object is told with what came of it: what differs first, with its fields and who wrote it")
  func outcomes() async throws {
    let names = ["same", "changed", "gone", "foreign", "ignored"]
    let inspector = await inspector(
      names.map { object($0) } + [object("pass", kind: "Secret")], previous: ["left", "released"].map { identity($0) })
    cluster.put(object("same"))
    var changed = object("changed", "blue")
    changed.set(
      [["manager": "painter", "operation": "Update", "time": "t", "fieldsV1": ["f:data": [:]]]], at: "metadata",
      "managedFields")
    cluster.put(changed)
    cluster.put(object("foreign", "blue", labelled: false))
    cluster.put(object("ignored", "blue"))
    cluster.put(object("pass", kind: "Secret", "c2VjcmV0"))
    cluster.put(object("left"))
    cluster.put(object("released", labelled: false))

    let answer = try await inspector.diff(DiffRequest(id: "one"))
    #expect(answer.appliedDeploymentId == "s-1:1" && answer.desiredDeploymentId == "s-1:2")
    #expect(answer.release == "n/r:3" && answer.notCompared == 0)
    #expect(
      answer.objects.map { "\($0.kind) \($0.name): \($0.outcome)" } == [
        "ConfigMap changed: modified", "ConfigMap foreign: notOwned", "ConfigMap gone: missing",
        "ConfigMap left: extra",
        "Secret pass: modified", "ConfigMap ignored: ignored", "ConfigMap same: same",
      ])
    let painted = try #require(answer.objects.first)
    #expect(painted.fields == [DiffedField(path: "data.colour", live: #""blue""#, desired: #""red""#)])
    #expect(painted.writer == "painter")
    #expect(
      answer.objects[4].fields == [DiffedField(path: "data.colour", live: #""(hidden)""#, desired: #""(hidden)""#)])
  }

  @Test("what the API server cannot say is unknown, and for a Secret without the server's words")
  func unknown() async throws {
    let inspector = await inspector([object("a"), object("b", kind: "Secret")])
    for kind in ["ConfigMap", "Secret"] { cluster.put(object(kind == "Secret" ? "b" : "a", kind: kind, "blue")) }
    cluster.state.withLock { $0.dryRun = .impossible("webhook says c2VjcmV0") }
    let answer = try await inspector.diff(DiffRequest(id: "one"))
    #expect(answer.objects.map(\.outcome) == [.unknown, .unknown])
    #expect(answer.objects[0].reason == "webhook says c2VjcmV0")
    #expect(answer.objects[1].reason.contains("not shown"))
  }

  @Test("an answer holds so many objects and bytes; what has no room is counted, and what differs is told first")
  func bounds() async throws {
    let wanted = (0..<10).map { object("m\($0)") }
    let inspector = await inspector(wanted)
    for number in 0..<8 { cluster.put(object("m\(number)", number < 3 ? "blue" : "red")) }
    let few = try await inspector.diff(DiffRequest(id: "one", objectsMax: 4))
    #expect(few.objects.map(\.name) == ["m0", "m1", "m2", "m8"])
    #expect(few.leftOutDiffering == 1 && few.leftOut == 5)
    let size = UInt32(few.objects[0].encoded().count)
    #expect(try await inspector.diff(DiffRequest(id: "one", bytesMax: size)).objects.count == 1)
    #expect(try await inspector.diff(DiffRequest(id: "one", bytesMax: size - 1)).objects.isEmpty)

    var big = DiffedObject(identity("big"))
    let long = Value.string(String(repeating: "x", count: 1500))
    let live = Dictionary(uniqueKeysWithValues: (100..<200).map { ("p\($0)", long) })
    big.take(FieldDifference.all(from: .object(live), to: [:], of: identity("big")).fields, leftOut: 7)
    #expect(big.encoded().count <= AgentLimits.diffBytesPerObject + 500)
    #expect(big.fields.count > 40 && Int(big.fieldsLeftOut) == 107 - big.fields.count)
  }

  @Test("what is beyond the number of objects that are looked at is counted")
  func tooMany() async throws {
    let inspector = await inspector(
      (0...AgentLimits.diffedObjects).map { object("m\($0)") }, previous: [identity("left")])
    let answer = try await inspector.diff(DiffRequest(id: "one"))
    #expect(answer.notCompared == 2)
    #expect(answer.objects.count == AgentLimits.diffObjectsAnswered)
    #expect(Int(answer.leftOutDiffering) == AgentLimits.diffedObjects - AgentLimits.diffObjectsAnswered)
  }

  @Test("an unknown deployment, one that is not deployed, and a cluster that is down each have their code and say so")
  func errors() async throws {
    func code(_ inspector: DeploymentInspector, _ id: String = "one") async -> (StatusCode?, String) {
      do {
        _ = try await inspector.diff(DiffRequest(id: id))
        return (nil, "")
      } catch {
        return (error.code, error.message)
      }
    }
    #expect(await code(inspector([object("a")]), "two").0 == .notFound)
    let failed = await code(inspector([object("a")], applied: false, failure: "no such chart"))
    #expect(failed.0 == .failedPrecondition && failed.1.hasSuffix("nothing of one is deployed: no such chart"))
    cluster.setDown(true)
    let down = await code(inspector([object("a")]))
    #expect(down.0 == .unavailable && down.1.contains("down"))
  }

  @Test("so many comparisons at a time are made, and a further one is refused at once")
  func busy() async throws {
    let gate = AsyncStream<Void>.makeStream()
    let entered = AsyncStream<Void>.makeStream()
    let manifests = DeployedManifests(cluster: cluster)
    let comparer = DriftComparer(
      cluster: cluster, rights: { [cluster] _ in cluster }, helmFieldManager: "helm",
      logger: Logger(label: "inspector") { _ in SwiftLogNoOpLogHandler() })
    let inspector = DeploymentInspector(cluster: cluster, manifests: manifests, comparer: comparer) { _ in
      entered.continuation.yield()
      for await _ in gate.stream {}
      return nil
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<AgentLimits.concurrentDiffs {
        group.addTask {
          await #expect { try await inspector.diff(DiffRequest(id: "one")) } throws: {
            ($0 as? RPCError)?.code == .notFound
          }
        }
      }
      var arrivals = entered.stream.makeAsyncIterator()
      for _ in 0..<AgentLimits.concurrentDiffs { await arrivals.next() }
      await #expect { try await inspector.diff(DiffRequest(id: "one")) } throws: {
        ($0 as? RPCError)?.code == .resourceExhausted
      }
      gate.continuation.finish()
      try await group.waitForAll()
    }
  }
}
