import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import TestSupport
import Testing

@testable import Agent

@Suite("Drift on a real API server", .controlPlane, .serialized, .timeLimit(.minutes(5)))
struct DriftLiveTests {
  let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, annotations: {note: ours}, creationTimestamp: null}
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: web
              image: example/web:1
              env: [{name: A, value: "1"}]
              ports: [{containerPort: 80}]
              resources: {requests: {cpu: 1000m, memory: 64Mi}}
              securityContext: null
    """

  let others = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80, name: http}, {port: 443, name: https}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules: [{host: web.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    data: {colour: red, size: "3"}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: password}
    stringData: {password: secret}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: drift-aggregate}
    aggregationRule: {clusterRoleSelectors: [{matchLabels: {drift-aggregate: "true"}}]}
    rules: []
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: drift-webhook}
    webhooks:
      - name: drift.example.com
        clientConfig: {url: "https://127.0.0.1:1/validate", caBundle: ""}
        rules: [{apiGroups: [drift.example.com], apiVersions: [v1], operations: [CREATE], resources: [things]}]
        sideEffects: None
        admissionReviewVersions: [v1]
    """

  @Test(
    "What others add, default, scale automatically or fill in is no drift; what they change is, with the patch back")
  func classes() async throws {
    let fixture = try Fixture()
    let kubectl = fixture.plane
    let id = try await fixture.manager.deploy(
      TestManager.Bundle(
        name: "drift", files: ["a.yaml": deployment, "b.yaml": others], options: Fixture.options("drift")))
    try await fixture.run {
      // Without controllers the Deployment stays unready: only the differences count here.
      try await fixture.wait("drift", id, .notReady)
      #expect(await fixture.modified("drift") == [])

      // What belongs to others.
      try await kubectl.kubectl("annotate", "-n", "drift", "deployment/web", "foreign=1")
      try await kubectl.kubectl("label", "-n", "drift", "service/web", "foreign=1")
      try await kubectl.kubectl(
        "patch", "-n", "drift", "configmap/settings", "--type=merge", "-p", #"{"data":{"more":"1"}}"#)
      try await kubectl.kubectl(
        "patch", "-n", "drift", "deployment/web", "--type=strategic", "-p",
        #"{"spec":{"template":{"spec":{"containers":[{"name":"sidecar","image":"example/sidecar:1"}]}}}}"#)
      try await kubectl.kubectl(
        "patch", "validatingwebhookconfiguration/drift-webhook", "--type=json", "-p",
        #"[{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"\#(Self.certificate)"}]"#)
      try await kubectl.kubectl(
        "patch", "clusterrole/drift-aggregate", "--type=merge", "-p",
        #"{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}"#)
      // What does not, as a mark that all of the above has been seen.
      try await kubectl.kubectl("scale", "-n", "drift", "deployment/web", "--replicas=3")
      try await fixture.waitModified("drift", [#"deployment.apps drift/web modified {"spec":{"replicas":1}}"#])

      // An autoscaler makes the same change its own.
      try await kubectl.kubectl("autoscale", "-n", "drift", "deployment/web", "--min=2", "--max=5")
      try await kubectl.kubectl("scale", "-n", "drift", "deployment/web", "--replicas=4")
      try await fixture.waitModified("drift", [])
      try await kubectl.kubectl("delete", "-n", "drift", "hpa/web")
      try await kubectl.kubectl("scale", "-n", "drift", "deployment/web", "--replicas=1")

      // True drift of every kind.
      try await kubectl.kubectl("annotate", "-n", "drift", "deployment/web", "note=theirs", "--overwrite")
      try await kubectl.kubectl(
        "patch", "-n", "drift", "configmap/settings", "--type=merge", "-p", #"{"data":{"colour":"blue","size":null}}"#)
      try await kubectl.kubectl(
        "patch", "-n", "drift", "secret/password", "--type=merge", "-p", #"{"stringData":{"password":"guessed"}}"#)
      try await kubectl.kubectl("delete", "-n", "drift", "service/web")
      try await fixture.waitModified(
        "drift",
        [
          #"deployment.apps drift/web modified {"metadata":{"annotations":{"note":"ours"}}}"#,
          #"configmap.v1 drift/settings modified {"data":{"colour":"red","size":"3"}}"#,
          #"secret.v1 drift/password modified {"data":{"password":"(hidden)"}}"#,
          "service.v1 drift/web missing",
        ])
      let status = try #require(await fixture.manager.status("drift"))
      #expect(status.resourceCounts.modified == 3 && status.resourceCounts.missing == 1)
      #expect(!status.nonModified && !status.incompleteState)

      // What is put back by hand is no drift any more.
      try await kubectl.kubectl("annotate", "-n", "drift", "deployment/web", "note=ours", "--overwrite")
      try await kubectl.kubectl(
        "patch", "-n", "drift", "configmap/settings", "--type=merge", "-p", #"{"data":{"colour":"red","size":"3"}}"#)
      try await kubectl.kubectl(
        "patch", "-n", "drift", "secret/password", "--type=merge", "-p", #"{"stringData":{"password":"secret"}}"#)
      try await fixture.waitModified("drift", ["service.v1 drift/web missing"])
    }
  }

  @Test("An object that stays behind when its bundle lets go of it is told as extra")
  func extra() async throws {
    let fixture = try Fixture()
    let kept = """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}
      """
    var bundle = TestManager.Bundle(
      name: "extra", files: ["a.yaml": Fixture.settings, "b.yaml": kept], options: Fixture.options("extra"))
    let first = try await fixture.manager.deploy(bundle)
    bundle.files["b.yaml"] = nil
    let without = bundle
    try await fixture.run {
      try await fixture.wait("extra", first, .ready)
      let second = try await fixture.manager.deploy(without)
      try await fixture.wait("extra", second, .modified)
      try await fixture.waitModified("extra", ["configmap.v1 extra/kept extra"])
      let counts = await fixture.manager.status("extra")?.resourceCounts
      #expect(counts?.orphaned == 1 && counts?.ready == 2 && counts?.desiredReady == 3)
      try await fixture.plane.kubectl("delete", "-n", "extra", "configmap/kept")
      try await fixture.wait("extra", second, .ready)
    }
  }

  @Test("An API server that is killed or restarts makes nothing look changed, and nothing is corrected because of it")
  func restarts() async throws {
    let fixture = try Fixture()
    let definition = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: things.restart.example.com}
      spec:
        group: restart.example.com
        names: {kind: Thing, plural: things}
        scope: Namespaced
        versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
      """
    let thing = "apiVersion: restart.example.com/v1\nkind: Thing\nmetadata: {name: one}\nspec: {size: 1}\n"
    let correct = CorrectDrift(enabled: true)
    let defining = try await fixture.manager.deploy(
      TestManager.Bundle(
        name: "crds", files: ["a.yaml": definition], options: Fixture.options("restart", correct: correct)))
    try await fixture.run {
      try await fixture.wait("crds", defining, .ready)
      let id = try await fixture.manager.deploy(
        TestManager.Bundle(
          name: "restart", files: ["a.yaml": Fixture.settings, "b.yaml": thing],
          options: Fixture.options("restart", correct: correct)))
      try await fixture.wait("restart", id, .ready)
      for _ in 0..<2 {
        try await fixture.plane.killAPIServer()
        try await fixture.plane.start()
        #expect(await fixture.modified("restart") == [])
      }
      try await fixture.withClient { client in
        _ = try await fixture.restoring(client, "restart") { try await fixture.paint(client, "restart", "blue") }
        try await eventually("only the change after it was corrected") {
          await fixture.revision("restart") == "restart/restart:2"
        }
        #expect(await fixture.revision("crds") == "restart/crds:1")
      }
    }
    #expect(await fixture.manager.history("restart").allSatisfy { !$0.contains(" missing") })
  }

  static let certificate =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkVENDQVJ1Z0F3SUJBZ0lRCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"
}
