import Document
import Testing

@testable import HelmEngine

@Suite struct RenderTests {
  private let engine = HelmEngine()
  private let release = ReleaseIdentity(name: "shop", namespace: "store")

  @Test("values given override the chart's own, and capabilities are the cluster's")
  func values() async throws {
    let rendered = try await engine.render(
      chart: webChart(), values: ["greeting": "{{ ciao }}"], release: release,
      capabilities: KubernetesCapabilities(version: "v1.27.4", apiVersions: ["gateway.example.com/v1/Route"]))
    let object = try #require(try YAML.parse(rendered.manifests, file: "rendered").first)
    #expect(object.at("metadata", "name")?.string == "shop-web")
    #expect(object.at("data", "greeting")?.string == "{{ ciao }}")
    #expect(object.at("data", "replicas")?.string == "1")
    #expect(object.at("data", "kubernetes")?.string == "v1.27.4")
    #expect(object.at("data", "hasRoutes")?.string == "true")
    #expect(object.at("data", "upgrade")?.string == "false")
    #expect(rendered.notes == "Say {{ ciao }}.")
  }

  @Test("hooks and CRDs come apart from the objects, and partials not at all")
  func parts() async throws {
    var options = RenderOptions()
    options.includeCRDs = true
    options.isUpgrade = true
    let rendered = try await engine.render(chart: webChart(), release: release, options: options)
    #expect(rendered.files.map(\.path) == ["web/templates/configmap.yaml", "web/templates/hook.yaml"])
    #expect(try YAML.parse(rendered.manifests, file: "").count == 1)
    #expect(rendered.manifests.contains("upgrade: \"true\""))
    #expect(rendered.hooks.contains("name: shop-web-hook"))
    #expect(rendered.crds.map(\.path) == ["crds/1-routes.yaml"])
  }

  @Test("a template's failure names the template and the line")
  func failure() async throws {
    let broken = chart(template: "a: 1\nb: {{ fail \"no such luck\" }}\n")
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.render(chart: broken, release: release)
    }
    #expect(error?.code == .renderFailed)
    #expect(error?.message.contains("small/templates/object.yaml:2") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("no such luck") == true)
    #expect(error?.message.contains("store/shop") == true)
  }

  @Test("values that break the schema are refused unless validation is skipped")
  func schema() async throws {
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.render(chart: webChart(), values: ["replicas": "many"], release: release)
    }
    #expect(error?.code == .invalidValues)
    var options = RenderOptions()
    options.skipSchemaValidation = true
    let rendered = try await engine.render(
      chart: webChart(), values: ["replicas": "many"], release: release, options: options)
    #expect(rendered.manifests.contains("replicas: \"many\""))
  }

  @Test("finished manifests go through a wrapper chart unchanged, template delimiters included")
  func wrapping() async throws {
    let text = ["{{ .Values.x }}", "{{{{", "}} {{", "{{/* c */}}", "{{{ a }}}", "{{ \"{{\" }}", "{"].joined(
      separator: "\n")
    let manifests = configMap("one", ["text": text]) + "---\n# only a comment\n---\n" + configMap("two")
    var metadata = try webChart().metadata()
    metadata.addAnnotations(["fleet.cattle.io/bundle-id": "b"])
    let wrapper = try Chart.wrapping(
      manifests: manifests, metadata: metadata, values: ["greeting": "hello"], notes: "{{ notes }}")
    #expect(try wrapper.metadata().annotations == ["example.com/team": "platform", "fleet.cattle.io/bundle-id": "b"])
    let rendered = try await engine.render(chart: wrapper, release: release)
    let objects = try YAML.parse(rendered.manifests, file: "")
    #expect(objects == (try YAML.parse(manifests, file: "")))
    #expect(objects.first?.at("data", "text")?.string == text)
    #expect(rendered.notes == "{{ notes }}")
  }

  @Test("manifests larger than Helm's limit on a file are wrapped in parts")
  func largeManifests() async throws {
    let filler = String(repeating: "x", count: 700_000)
    let manifests = (1...8).map { configMap("object-\($0)", ["filler": filler]) }.joined(separator: "---\n")
    let wrapper = try Chart.wrapping(manifests: manifests, metadata: ChartMetadata(name: "large", version: "1.0.0"))
    #expect(wrapper.files.filter { $0.path.hasPrefix("templates/") }.count == 2)
    let rendered = try await engine.render(chart: wrapper, release: release)
    #expect(rendered.files.flatMap(\.documents).count == 8)

    let oversized = configMap("object", ["filler": String(repeating: "x", count: Limits.wrapperTemplateBytes)])
    let error = #expect(throws: HelmError.self) {
      try Chart.wrapping(manifests: oversized, metadata: ChartMetadata(name: "large", version: "1.0.0"))
    }
    #expect(error?.code == .invalidChart)
  }

  @Test("nothing of a chart stays in the library once it is rendered")
  func noLeaks() async throws {
    // The count is the process's: other suites use the library too, so only growth with the work would show a leak.
    let engine = HelmEngine()
    let small = chart(template: "a: {{ .Release.Name }}\n")
    for _ in 0..<200 { _ = try await engine.render(chart: small, release: release) }
    for _ in 0..<50 { _ = try? await engine.render(chart: chart(template: "{{ fail \"x\" }}"), release: release) }
    #expect(try await engine.openHandles() < 50)
  }

  @Test("a missing library is an error that says how to get it")
  func missingLibrary() async throws {
    let engine = HelmEngine(libraryPath: "/nowhere/libhelm_c.so")
    let error = await #expect(throws: HelmError.self) { _ = try await engine.helmVersion() }
    #expect(error?.code == .libraryMissing)
    #expect(error?.message.contains("scripts/helm-library") == true)
    let other = await #expect(throws: HelmError.self) {
      _ = try await HelmEngine(libraryPath: "/etc/passwd").helmVersion()
    }
    #expect(other?.code == .libraryMissing)
    #expect(try await self.engine.helmVersion() == "v4.2.3")
  }

  @Test("an engine without a cluster says so")
  func noCluster() async throws {
    let error = await #expect(throws: HelmError.self) { _ = try await engine.list(namespace: nil) }
    #expect(error?.code == .clusterUnreachable)
  }
}
