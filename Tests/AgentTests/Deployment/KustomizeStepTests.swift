import Document
import Fleet
import Kustomizer
import Testing

@testable import Agent

@Suite("Kustomize after Helm")
struct KustomizeStepTests {
  func object(_ name: String, hook: String? = nil) -> Value {
    var object: Value = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)]]
    if let hook { object.set(.string(hook), at: "metadata", "annotations", "helm.sh/hook") }
    return object
  }

  func plan(_ files: [String: String], directory: String? = nil) throws -> ReleasePlan {
    var options = BundleDeploymentOptions()
    options.kustomizeDir = directory
    let manifest = Manifest(resources: files.map { BundleResource(name: $0.key, content: $0.value, encoding: "") })
    let payload = DeploymentPayload(
      bundleName: "b", bundleNamespace: "n", labels: [:], manifestID: manifest.id, deploymentID: "d", options: options,
      dependsOn: [], paused: false)
    return try ReleasePlan(manifest: manifest, payload: payload)
  }

  static let chart = ["Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"]

  @Test("A kustomization counts where Fleet looks for it, under the one name that it looks for")
  func wanted() throws {
    let file = ["kustomization.yaml": "{}"]
    #expect(KustomizeStep(try plan(file)) != nil)
    #expect(KustomizeStep(try plan(Self.chart.merging(file) { $1 })) != nil)
    #expect(KustomizeStep(try plan(Self.chart)) == nil)
    #expect(KustomizeStep(try plan(file, directory: "sub")) == nil)
    #expect(KustomizeStep(try plan(["sub/kustomization.yaml": "{}"], directory: "sub")) != nil)
    #expect(KustomizeStep(try plan(Self.chart.merging(["kustomization.yml": "{}"]) { $1 })) == nil)
  }

  @Test(
    "What Helm rendered is the first resource, unless the kustomization names it itself",
    arguments: [
      ("", "resources:\n- fleet-manifests.yaml\n"),
      ("namePrefix: a-", "namePrefix: a-\nresources:\n- fleet-manifests.yaml\n"),
      ("resources:", "resources:\n- fleet-manifests.yaml\n"),
      ("resources: [other.yaml]", "resources:\n- fleet-manifests.yaml\n- other.yaml\n"),
      ("resources: [other.yaml, fleet-manifests.yaml]", "resources: [other.yaml, fleet-manifests.yaml]"),
    ])
  func injected(text: String, expected: String) throws {
    let bytes = try KustomizeStep.addingManifests(to: Array(text.utf8), file: "kustomization.yaml")
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test(
    "A kustomization that is none is refused by name", arguments: ["[a]", "resources: a", "a: 1\n---\nb: 2", "a: ["])
  func refused(text: String) {
    let error = #expect(throws: FleetError.self) {
      try KustomizeStep.addingManifests(to: Array(text.utf8), file: "sub/kustomization.yaml")
    }
    #expect(error?.description.contains("sub/kustomization.yaml") == true)
  }

  @Test("Without rendered objects the kustomization stays as it is, and may name the empty file")
  func empty() throws {
    let step = try #require(KustomizeStep(try plan(["kustomization.yaml": "resources: [fleet-manifests.yaml]"])))
    let files = try step.files(with: [])
    #expect(Set(files.map(\.path)) == ["kustomization.yaml", "fleet-manifests.yaml"])
    #expect(files.last?.bytes.isEmpty == true)
  }

  @Test("Hooks are changed with the objects and stay hooks; those that kustomize cannot take stay as they are")
  func hooks() async throws {
    let files = Self.chart.merging(["kustomization.yaml": "namePrefix: p-\nresources: [own.yaml]"]) { $1 }
      .merging(["own.yaml": YAML.emit(object("own", hook: "post-delete"))]) { $1 }
    let step = try #require(KustomizeStep(try plan(files)))
    var nameless = object("", hook: "pre-install")
    nameless.set(["generateName": "job-"], at: "metadata")
    let rendered = RenderedObjects(
      objects: [object("a")], hooks: [object("h", hook: "pre-install"), object("h", hook: "post-install"), nameless])
    let result = try await step.apply(rendered, with: Kustomizer())
    #expect(result.objects == [object("p-a")])
    #expect(
      result.hooks == [
        object("p-h", hook: "pre-install"), object("p-own", hook: "post-delete"), object("h", hook: "post-install"),
        nameless,
      ])
  }

  @Test("A failed build is final where the files are at fault, and tried again where the machine is")
  func failures() {
    #expect(DeploymentFailure(KustomizerError(.remoteBase, "x")).kind == .final)
    #expect(DeploymentFailure(KustomizerError(.buildFailed, "x")).kind == .final)
    for code in [KustomizerError.Code.toolMissing, .timeLimit, .toolFailed, .overloaded, .cancelled] {
      #expect(DeploymentFailure(KustomizerError(code, "x")).kind == .transient)
    }
  }
}
