import Document
import Testing

@testable import Fleet

@Suite("What is drift")
struct DriftComparisonTests {
  let web = ObjectIdentity(apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web")

  func object(_ spec: Value, kind: String = "Deployment", metadata: Value = [:]) -> Value {
    [
      "apiVersion": "apps/v1", "kind": .string(kind), "metadata": Value(["name": "web"]).merging(metadata),
      "spec": spec,
    ]
  }

  func patch(_ live: Value, _ applied: Value, rules: DriftRules = DriftRules()) -> Value? {
    DriftComparison.patch(live: live, applied: applied, of: web, rules: rules)
  }

  @Test("The patch leads from the live object to the wanted one, and there is none where nothing differs")
  func patches() {
    #expect(patch(object(["replicas": 3]), object(["replicas": 1])) == ["spec": ["replicas": 1]])
    #expect(patch(object(["replicas": 1]), object(["replicas": 1])) == nil)
    #expect(patch(object([:]), object(["replicas": 1])) == ["spec": ["replicas": 1]])
  }

  @Test("What the server and its controllers write, null beside absent, and aggregated rules are no drift")
  func never() {
    var live = object(
      ["a": 1, "b": nil],
      metadata: [
        "resourceVersion": "5", "generation": 2, "uid": "u", "creationTimestamp": "t", "managedFields": [1],
        "annotations": ["objectset.rio.cattle.io/id": "x"],
      ])
    live["status"] = ["ready": true]
    #expect(patch(live, object(["a": 1], metadata: ["managedFields": [2], "resourceVersion": "6"])) == nil)
    let rules: Value = [["verbs": ["get"]]]
    let role: Value = ["kind": "ClusterRole", "aggregationRule": ["clusterRoleSelectors": [[:]]], "rules": rules]
    #expect(patch(role, role.merging(["rules": []])) == nil)
    let plain: Value = ["kind": "ClusterRole", "rules": rules]
    #expect(patch(plain, plain.merging(["rules": []])) == ["rules": []])
  }

  @Test("What a bundle disregards is left out on both sides; replicas are where an autoscaler decides")
  func disregarded() {
    var entry = ComparePatch()
    entry.apiVersion = "apps/v1"
    entry.kind = "Deployment"
    entry.jsonPointers = ["/spec/replicas"]
    let live = object(["replicas": 3, "paused": true])
    let wanted = object(["replicas": 1, "paused": false])
    #expect(patch(live, wanted, rules: DriftRules([entry])) == ["spec": ["paused": false]])
    let scaled = DriftComparison.patch(live: live, applied: wanted, of: web, rules: DriftRules(), ignoresReplicas: true)
    #expect(scaled == ["spec": ["paused": false]])
    #expect(DriftComparison.setsReplicas(["spec": ["replicas": 1]]) && !DriftComparison.setsReplicas(["spec": [:]]))
  }

  @Test("An autoscaler scales the object that it names, in any version of its group")
  func autoscalers() {
    func scaler(_ apiVersion: String, _ kind: String, _ name: String) -> Value {
      [
        "spec": ["scaleTargetRef": ["apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name)]]
      ]
    }
    #expect(DriftComparison.scales(scaler("apps/v1", "Deployment", "web"), web))
    #expect(DriftComparison.scales(scaler("apps/v1beta1", "Deployment", "web"), web))
    #expect(!DriftComparison.scales(scaler("apps/v1", "StatefulSet", "web"), web))
    #expect(!DriftComparison.scales(scaler("apps/v1", "Deployment", "other"), web))
    #expect(!DriftComparison.scales(scaler("v1", "Deployment", "web"), web))
  }

  @Test("What is applied in the dry run has no nulls, status, server's fields or empty certificate bundles")
  func wanted() {
    let hook: Value = [
      "kind": "MutatingWebhookConfiguration", "status": ["a": 1], "x": nil,
      "metadata": ["name": "h", "creationTimestamp": nil, "resourceVersion": "1"],
      "webhooks": [["clientConfig": ["caBundle": "Cg==", "url": "u"]], ["clientConfig": ["caBundle": "c2V0"]]],
    ]
    #expect(
      DriftComparison.wanted(hook) == [
        "kind": "MutatingWebhookConfiguration", "metadata": ["name": "h"],
        "webhooks": [["clientConfig": ["url": "u"]], ["clientConfig": ["caBundle": "c2V0"]]],
      ])
  }

  @Test("Where the server refuses to try, the fields that are wanted and otherwise make the patch")
  func refused() {
    func patch(_ live: Value, _ wanted: Value) -> Value? {
      DriftComparison.patch(live: live, refused: wanted, of: web, rules: DriftRules())
    }
    #expect(
      patch(object(["a": 1, "list": [["x": 1, "defaulted": true]]]), object(["a": 2, "list": [["x": 1]]])) == [
        "spec": ["a": 2]
      ])
    #expect(patch(object(["a": 1, "b": 2]), object(["a": 1])) == nil)
    #expect(patch(object(["list": [1]]), object(["list": [1, 2]])) == ["spec": ["list": [1, 2]]])
  }

  @Test("A status shows no secret, and no patch longer than the limit; what it shows is JSON")
  func texts() throws {
    let secret = ObjectIdentity(apiVersion: "v1", kind: "Secret", namespace: "shop", name: "s")
    let patch: Value = ["data": ["a": "aHVudGVyMg==", "gone": nil], "type": "Opaque"]
    #expect(DriftPatch.text(patch, of: secret) == #"{"data":{"a":"(hidden)","gone":null},"type":"Opaque"}"#)
    #expect(DriftPatch.text(["spec": ["replicas": 1]], of: web) == #"{"spec":{"replicas":1}}"#)
    let text = String(repeating: "x", count: Limits.patchBytes)
    let long = DriftPatch.text(["data": ["long": .string(text), "short": "kept"]], of: web)
    #expect(long.utf8.count <= Limits.patchBytes && long.contains("16384 bytes") && long.contains("kept"))
    let many: Value = ["data": .object(Dictionary(uniqueKeysWithValues: (0..<5000).map { ("key-\($0)", "value") }))]
    #expect(DriftPatch.text(many, of: web) == #"{"data":"…"}"#)
    let edge: Value = ["a": .string(String(repeating: "x", count: Limits.patchBytes - 8))]
    #expect(DriftPatch.text(edge, of: web).utf8.count == Limits.patchBytes)
  }
}
