import Document
import Foundation
import KubeServer
import TestSupport
import Testing

@Suite("kubectl writes")
struct WritingTests {
  @Test("apply creates, changes, and the second time changes nothing")
  func apply() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      #expect(try await kubectl("apply", "-f", "-", input: Widget.yaml("one")).text.hasSuffix("one created"))
      let before = try await kubectl("get", "wd", "one", "-o", "jsonpath={.metadata.resourceVersion}").out
      #expect(try await kubectl("apply", "-f", "-", input: Widget.yaml("one")).text.hasSuffix("one unchanged"))
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.metadata.resourceVersion}").out == before)
      #expect(try await kubectl("diff", "-f", "-", input: Widget.yaml("one")).status == 0)
      let diff = try await kubectl("diff", "-f", "-", input: Widget.yaml("one", size: 4))
      #expect(diff.status == 1 && diff.out.contains("+  size: 4"))
      #expect(
        try await kubectl("apply", "-f", "-", input: Widget.yaml("one", size: 4)).text.hasSuffix("one configured"))
      let generation = "jsonpath={.metadata.generation} {.spec.size} {.spec.colour}"
      #expect(try await kubectl("get", "wd", "one", "-o", generation).out == "2 4 red")
      #expect(try await kubectl("apply", "--dry-run=server", "-f", "-", input: Widget.yaml("one", size: 9)).status == 0)
      #expect(try await kubectl("create", "--dry-run=server", "-f", "-", input: Widget.yaml("two")).status == 0)
      #expect(try await kubectl("get", "wd", "-o", "custom-columns=S:.spec.size", "--no-headers").text == "4")
    }
  }

  @Test("a List is applied, and what is wrong with one of its items is told by the server")
  func lists() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      func list(_ widgets: [String]) -> String {
        let items = widgets.map {
          "- " + $0.trimmingCharacters(in: .newlines).replacingOccurrences(of: "\n", with: "\n  ")
        }
        return (["apiVersion: v1", "kind: List", "items:"] + items).joined(separator: "\n")
      }
      let applied = try await kubectl("apply", "-f", "-", input: list([Widget.yaml("one"), Widget.yaml("two")]))
      #expect(applied.text.contains("one created") && applied.text.contains("two created"), "\(applied.err)")
      // As `kubectl get` writes them.
      let read = try await kubectl("get", "wd", "-o", "yaml").out
      let again = try await kubectl("apply", "-f", "-", input: read)
      #expect(again.status == 0, "\(again.err)")
      let wrong = try await kubectl(
        "apply", "-f", "-", input: list([Widget.yaml("three"), Widget.yaml("four", more: "  colur: red")]))
      #expect(wrong.status == 1 && wrong.err.contains("unknown field \"spec.colur\""), "\(wrong.err)")
      #expect(wrong.text.contains("three created"))
    }
  }

  @Test("label, annotate, every kind of patch, edit and replace change what they say")
  func changes() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl("create", "-f", "-", input: Widget.yaml("one"))
      #expect(try await kubectl("label", "wd", "one", "tier=web", "env-").status == 0)
      #expect(try await kubectl("annotate", "wd", "one", "a/b=c").status == 0)
      #expect(try await kubectl("patch", "wd", "one", "--type=merge", "-p", "{\"spec\":{\"size\":5}}").status == 0)
      #expect(
        try await kubectl(
          "patch", "wd", "one", "--type=json", "-p", "[{\"op\":\"add\",\"path\":\"/spec/note\",\"value\":\"hi\"}]"
        ).status == 0)
      #expect(try await kubectl("patch", "wd", "one", "-p", "{\"spec\":{\"fixed\":\"x\"}}").status == 0)
      #expect(
        try await kubectl("edit", "wd", "one", editor: "sed -i s/size:.5/size:\\ 6/").text.hasSuffix("one edited"))
      let path =
        "jsonpath={.metadata.labels} {.metadata.annotations} {.spec.size} {.spec.note} {.spec.fixed} {.metadata.generation}"
      #expect(try await kubectl("get", "wd", "one", "-o", path).out == "{\"tier\":\"web\"} {\"a/b\":\"c\"} 6 hi x 5")
      let fixed = try await kubectl("patch", "wd", "one", "--type=merge", "-p", "{\"spec\":{\"fixed\":\"y\"}}")
      #expect(fixed.err.contains("The Widget \"one\" is invalid: spec.fixed: Invalid value: \"y\": field is immutable"))
      #expect(try await kubectl("replace", "-f", "-", input: Widget.yaml("one", more: "  fixed: x")).status == 0)
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.spec.note}").out.isEmpty)
      let stale = Widget.yaml("one").replacingOccurrences(
        of: "  name: one", with: "  name: one\n  resourceVersion: \"2\"")
      #expect(try await kubectl("replace", "-f", "-", input: stale).err.contains("the object has been modified"))
      let failed = try await kubectl(
        "patch", "wd", "one", "--type=json", "-p", "[{\"op\":\"test\",\"path\":\"/spec/size\",\"value\":9}]")
      #expect(failed.status == 1 && failed.err.contains("/spec/size"))
    }
  }

  @Test("status is written through its subresource alone, and wait sees it")
  func status() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl(
        "create", "-f", "-", input: Widget.yaml("one", more: "status: {conditions: [{type: Ready, status: 'True'}]}"))
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.status}").out.isEmpty)
      let waiting = try kubectl.start(["wait", "--for=condition=Ready", "wd/one", "--timeout=20s"])
      let ready = "{\"spec\":{\"size\":9},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"
      try await kubectl("patch", "wd", "one", "--subresource=status", "--type=merge", "-p", ready)
      #expect(await waiting.finish() == 0)
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.spec.size} {.metadata.generation}").out == "3 1")
      #expect(try await kubectl("wait", "--for=jsonpath={.spec.size}=3", "wd/one", "--timeout=5s").status == 0)
    }
  }

  @Test("delete removes, waits for finalizers, and goes by selector or all at once")
  func delete() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      for name in ["one", "two", "three", "four"] {
        try await kubectl("create", "-f", "-", input: Widget.yaml(name, labels: "name: \(name)"))
      }
      #expect(try await kubectl("delete", "wd", "one").text.contains("\"one\" deleted"))
      #expect(try await kubectl("delete", "wd", "one").err.contains("NotFound"))
      #expect(try await kubectl("delete", "wd", "two", "--dry-run=server").status == 0)
      try await kubectl("patch", "wd", "two", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":[\"x.io/hold\"]}}")
      let deleting = try kubectl.start(["delete", "wd", "two"])
      try await eventually("two is marked") {
        try await !kubectl("get", "wd", "two", "-o", "jsonpath={.metadata.deletionTimestamp}").out.isEmpty
      }
      let more = try await kubectl(
        "patch", "wd", "two", "--type=json", "-p",
        "[{\"op\":\"add\",\"path\":\"/metadata/finalizers/-\",\"value\":\"x.io/more\"}]")
      #expect(more.err.contains("no new finalizers can be added"))
      try await kubectl("patch", "wd", "two", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}")
      #expect(await deleting.finish() == 0)
      #expect(try await kubectl("wait", "--for=delete", "wd/two", "--timeout=5s").status == 0)
      #expect(try await kubectl("delete", "wd", "-l", "name=three").status == 0)
      #expect(try await kubectl("get", "wd", "-o", "name").text.hasSuffix("/four"))
      #expect(
        try await kubectl("delete", "--raw", "/apis/demo.flotilla.io/v1alpha1/namespaces/default/widgets").status == 0)
      #expect(try await kubectl("get", "wd").err.contains("No resources found"))
    }
  }

  @Test("core kinds: what kubectl itself makes in protobuf arrives whole; stringData is merged; secrets are not echoed")
  func core() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      #expect(
        try await kubectl("create", "secret", "generic", "s", "--from-literal=user=me", "--from-literal=empty=").status
          == 0)
      #expect(try await kubectl("create", "cm", "c", "--from-literal=x=y").status == 0)
      #expect(
        try await kubectl("get", "secret", "s", "-o", "jsonpath={.type} {.data}").out
          == "Opaque {\"empty\":\"\",\"user\":\"bWU=\"}")
      #expect(try await kubectl("get", "secret,cm").out.contains(#/NAME +TYPE +DATA +AGE\s+secret\/s +Opaque +2 /#))
      #expect(try await kubectl("get", "cm").out.contains(#/NAME +DATA +AGE\s+c +1 /#))
      #expect(try await kubectl("describe", "secret", "s").out.contains("user:   2 bytes"))
      let mixed = "---\n{apiVersion: v1, kind: Secret, metadata: {name: m}, data: {a: YQ==}, stringData: {b: b, a: z}}"
      #expect(try await kubectl("apply", "-f", "-", input: mixed).status == 0)
      #expect(
        try await kubectl("get", "secret", "m", "-o", "jsonpath={.data} {.stringData}").out
          == "{\"a\":\"eg==\",\"b\":\"Yg==\"} ")
      let bad = try await kubectl(
        "apply", "-f", "-", input: "---\n{apiVersion: v1, kind: Secret, metadata: {name: bad}, data: {a: hunter2!}}")
      #expect(bad.err.contains("data.a") && bad.err.contains("base64") && !bad.err.contains("hunter2"))
      #expect(
        try await kubectl("patch", "secret", "m", "-p", "{\"type\":\"other\"}").err.contains("field is immutable"))
      #expect(
        try await kubectl("create", "secret", "tls", "t", "--cert=pki/serving.crt", "--key=pki/serving.key").status == 0
      )
      #expect(
        try await kubectl("get", "secrets", "--field-selector=type=kubernetes.io/tls", "-o", "name").text == "secret/t")
    }
  }
}
