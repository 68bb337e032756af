import Document
import Testing

@testable import Fleet

/// Objects that move from one bundle to another (fleet-behaviour §2.8, F28).
@Suite("Objects that move between bundles")
struct OverwritesTests {
  private func bundle(_ name: String, _ files: [String: String], compress: Bool = false) throws -> Bundle {
    var spec = BundleSpec()
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      spec.resources.append(try BundleResource(name: path, bytes: Array(text.utf8), compress: compress))
    }
    return Bundle(metadata: ObjectMeta(name: name), spec: spec)
  }

  private func object(_ kind: String, _ name: String, namespace: String? = nil) -> String {
    "apiVersion: v1\nkind: \(kind)\nmetadata:\n  name: \(name)\n" + (namespace.map { "  namespace: \($0)\n" } ?? "")
  }

  @Test("objects of a pruned bundle that a new one has too are its overwrites, in whatever file they stand")
  func moved() throws {
    let old = try bundle(
      "old",
      [
        "a.yaml": object("ConfigMap", "a", namespace: "ns") + "---\n" + object("Secret", "s"),
        "b.json":
          #"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"}}]}"#,
        "values.yaml": "kind: nothing\n", "README.md": object("ConfigMap", "text"),
      ], compress: true)
    let new = try bundle(
      "new",
      [
        "sub/all.yaml": object("Secret", "s") + "---\n" + object("ConfigMap", "a", namespace: "ns") + "---\n"
          + object("Service", "x") + "---\n" + object("ConfigMap", "a", namespace: "other"),
        "README.md": object("ConfigMap", "text"),
      ])
    let other = try bundle("other", ["a.yaml": object("ConfigMap", "different", namespace: "ns")])
    #expect(
      Overwrites.find(pruned: [old], made: [new, other]) == [
        "new": [
          OverwrittenResource(kind: "ConfigMap", name: "a", namespace: "ns"),
          OverwrittenResource(kind: "Secret", name: "s", namespace: ""),
          OverwrittenResource(kind: "Service", name: "x", namespace: ""),
        ]
      ])
    #expect(Overwrites.find(pruned: [], made: [new]).isEmpty)
  }

  @Test("templates are read as far as they are YAML, and a templated name is no name")
  func templates() throws {
    let template = """
      {{- if .Values.on }}
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: fixed
        labels:
          {{- include "x" . | nindent 4 }}
      data: {a: {{ .Values.a }}, b: "{{ .Values.b }}"}
      {{- end }}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "{{ .Release.Name }}"}
      {{/* a comment
      that: goes on: here */}}
      """
    let one = try bundle("one", ["templates/a.yaml": template, "broken.yaml": "a: [\n{{"])
    let two = try bundle("two", ["b.yaml": template])
    #expect(
      Overwrites.find(pruned: [one], made: [two]) == [
        "two": [OverwrittenResource(kind: "ConfigMap", name: "fixed", namespace: "")]
      ])
  }
}
