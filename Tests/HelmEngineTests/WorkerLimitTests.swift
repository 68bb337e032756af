import Document
import Testing

@testable import HelmEngine

/// Hostile templates and charts (notes/reliability.md, test 26): each costs a child, and nobody else.
@Suite struct WorkerLimitTests {
  private static let limits: HelmWorkerLimits = {
    var limits = HelmWorkerLimits()
    limits.valueTemplateTime = .seconds(3)
    limits.renderTime = .seconds(3)
    return limits
  }()

  /// Exponential growth: each of 40 steps doubles what the one before gives.
  private static let doubling =
    "${ $a := \"0123456789\" }" + String(repeating: "${ $a = printf \"%s%s\" $a $a }", count: 40) + "${ $a }"

  static let hostile: [(name: String, template: String)] = [
    ("a range over a billion numbers", "${ range until 1000000000 }x${ end }"),
    ("a repetition of a billion bytes", "${ repeat 2000000000 \"x\" }"),
    ("output that doubles with every step", doubling),
    (
      "a list that doubles with every step",
      "${ $l := list 1 2 }${ range until 64 }${ $l = concat $l $l }${ end }${ $l }"
    ),
    (
      "templates that call each other twice for ever",
      #"${ define "a" }${ template "b" . }${ template "b" . }${ end }${ define "b" }${ template "a" . }${ template "a" . }${ end }${ template "a" . }"#
    ),
    (
      "loops in loops in loops",
      "${ range until 10000 }${ range until 10000 }${ range until 10000 }${ end }${ end }${ end }"
    ),
  ]

  @Test("a hostile value template fails by a limit or by Go's own, and others go on", arguments: hostile.map(\.name))
  func valueTemplates(name: String) async throws {
    let template = try #require(Self.hostile.first { $0.name == name }).template
    try await withWorkers(limits: Self.limits) { workers in
      let hostile = Task { await failure { try await workers.renderValues(template, context: [:]) } }
      for _ in 0..<20 {
        let text = try await workers.renderValues("${ .a }", context: ["a": "b"])
        #expect(text == "b")
      }
      let error = await hostile.value
      let allowed: [HelmError.Code] = name.hasPrefix("templates") ? [.limitExceeded, .renderFailed] : [.limitExceeded]
      #expect(error.map { allowed.contains($0.code) } == true, "\(String(describing: error))")
      #expect(error?.message.hasPrefix("value template") == true)
      let text = try await workers.renderValues("${ .a }", context: ["a": "c"])
      #expect(text == "c")
    }
  }

  @Test("a template that calls itself for ever ends at Go's depth, in the author's words")
  func recursion() async throws {
    try await withWorkers(limits: Self.limits) { workers in
      let error = await #expect(throws: HelmError.self) {
        _ = try await workers.renderValues(
          #"${ define "r" }${ template "r" . }${ end }${ template "r" . }"#, context: [:])
      }
      #expect(error?.code == .renderFailed)
      #expect(error?.message.contains("exceeded maximum template depth") == true, "\(error?.message ?? "")")
    }
  }

  @Test("a chart whose includes or loops never end fails by name, and its worker is replaced")
  func charts() async throws {
    let release = ReleaseIdentity(name: "shop", namespace: "store")
    try await withWorkers(limits: Self.limits) { workers in
      for template in [
        "{{ range until 1000000000 }}x{{ end }}",
        "{{ range until 10000 }}{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}{{ end }}",
        "{{ define \"a\" }}{{ include \"b\" . }}{{ include \"b\" . }}{{ end }}"
          + "{{ define \"b\" }}{{ include \"a\" . }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ define \"t\" }}{{ tpl \"{{ template \\\"t\\\" . }}\" . }}{{ end }}{{ template \"t\" . }}",
      ] {
        let error = await #expect(throws: HelmError.self, "\(template)") {
          _ = try await workers.render(chart: chart(template: template), release: release)
        }
        #expect(
          error.map { [.limitExceeded, .renderFailed].contains($0.code) } == true, "\(String(describing: error))")
        #expect(error?.message.contains("store/shop") == true)
      }
      let rendered = try await workers.render(chart: webChart(), values: ["greeting": "again"], release: release)
      #expect(rendered.manifests.contains("again"))
    }
  }

  @Test("a chart asks no name server, no environment and no cluster in a worker")
  func isolation() async throws {
    let release = ReleaseIdentity(name: "shop", namespace: "store")
    try await withWorkers { workers in
      let rendered = try await workers.render(
        chart: chart(
          template: """
            a: {{ getHostByName "localhost" | quote }}
            b: {{ lookup "v1" "Pod" "" "" | toJson }}
            """), release: release)
      #expect(rendered.files.first?.documents == ["a: \"\"\nb: {}"])
      for function in ["env", "expandenv"] {
        let error = await #expect(throws: HelmError.self) {
          _ = try await workers.render(chart: chart(template: "a: {{ \(function) \"HOME\" }}"), release: release)
        }
        #expect(error?.message.contains("function \"\(function)\" not defined") == true)
      }
      var options = RenderOptions()
      options.lookup = true
      let error = await failure { [options] in
        try await workers.render(chart: webChart(), release: release, options: options)
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("a worker gives the same manifests as the engine in this process")
  func sameAsEngine() async throws {
    let release = ReleaseIdentity(name: "shop", namespace: "store")
    var options = RenderOptions()
    options.includeCRDs = true
    options.isUpgrade = true
    let capabilities = KubernetesCapabilities(version: "v1.29.1", apiVersions: ["gateway.example.com/v1/Route"])
    let values: Value = ["greeting": "{{ ciao }}"]
    let expected = try await HelmEngine().render(
      chart: webChart(), values: values, release: release, capabilities: capabilities, options: options)
    try await withWorkers { workers in
      let rendered = try await workers.render(
        chart: webChart(), values: values, release: release, capabilities: capabilities, options: options)
      #expect(rendered == expected)
      let error = await #expect(throws: HelmError.self) {
        _ = try await workers.render(chart: webChart(), values: ["replicas": "many"], release: release)
      }
      #expect(error?.code == .invalidValues)
    }
  }
}
