import Foundation
import KubeServer
import TestSupport
import Testing

@Suite("kubectl reads")
struct ReadingTests {
  @Test("discovery, versions, explain and can-i work with a stock kubectl")
  func discovery() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      #expect(try await kubectl("version").out.contains("Server Version: v1.32"))
      let resources = try await kubectl("api-resources", "--no-headers").out
      for line in [
        #/configmaps +cm +v1 +true +ConfigMap/#, #/namespaces +ns +v1 +false +Namespace/#,
        #/widgets +wd +demo.flotilla.io\/v1alpha1 +true +Widget/#,
      ] { #expect(resources.contains(line)) }
      #expect(try await kubectl("api-resources", "--categories=demo", "-o", "name").text == "widgets.demo.flotilla.io")
      #expect(try await kubectl("api-versions").out.contains("demo.flotilla.io/v1alpha1"))
      #expect(try await kubectl("explain", "widget.spec.size").out.contains("How big it is."))
      let tree = try await kubectl("explain", "widgets", "--recursive").out
      #expect(tree.contains("targets\t<[]Object>") && tree.contains("weight\t<integer>"))
      #expect(try await kubectl("explain", "secret.stringData").out.contains("write-only"))
      #expect(try await kubectl("auth", "can-i", "create", "widgets").text == "yes")
      #expect(try await kubectl("auth", "can-i", "--list").out.contains("widgets.demo.flotilla.io"))
      #expect(try await kubectl("auth", "whoami").out.contains("admin"))
      #expect(try await kubectl("get", "--raw", "/readyz").text == "ok")
      #expect(try await kubectl("get", "gizmos").err.contains("doesn't have a resource type \"gizmos\""))
    }
  }

  @Test("tables show NAME, then exactly the kind's columns; wide ones only with -o wide")
  func tables() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl("apply", "-f", "-", input: Widget.yaml("one"))
      let seen =
        "{\"status\":{\"seen\":\"2020-01-01T00:00:00Z\",\"conditions\":[{\"type\":\"Ready\",\"message\":\"fine\"}]}}"
      try await kubectl("patch", "wd", "one", "--subresource=status", "--type=merge", "-p", seen)
      let table = try await kubectl("get", "widgets").out
      #expect(table.contains(#/NAME +SIZE +SEEN +STATUS\s+one +3 +\d+y\d*d? +fine/#))
      #expect(
        try await kubectl("get", "wd", "-o", "wide").out.contains(#/NAME +SIZE +COLOUR +SEEN +STATUS\s+one +3 +red/#))
      #expect(try await kubectl("get", "wd", "-A").out.contains(#/NAMESPACE +NAME .*\s+default +one/#))
      #expect(try await kubectl("get", "wd", "--show-labels").out.contains("env=dev"))
      #expect(try await kubectl("get", "ns").out.contains(#/NAME +STATUS +AGE\s+default +Active/#))
    }
  }

  @Test("every output form and every selector gives what was asked")
  func forms() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl("create", "ns", "other")
      try await kubectl("apply", "-f", "-", input: Widget.yaml("one"))
      try await kubectl("apply", "-f", "-", input: Widget.yaml("two", size: 7, labels: "env: prod, tier: web"))
      try await kubectl("apply", "-n", "other", "-f", "-", input: Widget.yaml("three"))
      #expect(
        try await kubectl("get", "wd", "-o", "name").text == "widget.demo.flotilla.io/one\nwidget.demo.flotilla.io/two")
      #expect(try await kubectl("get", "wd", "two", "-o", "jsonpath={.spec.size}").out == "7")
      #expect(
        try await kubectl("get", "wd", "-o", "custom-columns=N:.metadata.name,S:.spec.size").out.contains(#/two +7/#))
      #expect(
        try await kubectl("get", "wd", "-o", "go-template={{range .items}}{{.metadata.name}},{{end}}").out == "one,two,"
      )
      #expect(try await kubectl("get", "wd", "one", "-o", "yaml").out.contains("colour: red"))
      #expect(try await kubectl("get", "wd", "one", "-o", "json").out.contains("\"kind\": \"Widget\""))
      #expect(try await kubectl("get", "wd", "-l", "env=prod", "-o", "name").text.hasSuffix("/two"))
      #expect(
        try await kubectl("get", "wd", "-l", "env in (dev,test),!tier", "-A", "-o", "name").out.split(separator: "\n")
          .count == 2)
      #expect(try await kubectl("get", "wd", "--field-selector=metadata.name=two", "-o", "name").text.hasSuffix("/two"))
      #expect(
        try await kubectl("get", "wd", "-A", "--field-selector=metadata.namespace!=default", "-o", "name").text
          .hasSuffix("/three"))
      #expect(
        try await kubectl("get", "wd", "--field-selector=spec.size=3").err.contains(
          "field label not supported: spec.size"))
      #expect(try await kubectl("get", "wd", "--sort-by=.spec.size", "-o", "name").text.hasSuffix("/two"))
      #expect(
        try await kubectl("get", "wd", "missing").err.contains(
          "Error from server (NotFound): widgets.demo.flotilla.io \"missing\" not found"))
    }
  }

  @Test("a list longer than a page arrives whole, from one snapshot")
  func pages() async throws {
    try await TestServer.run { server in
      let storage = server.storage(CoreKinds.configMap)
      for number in 0..<1203 {
        _ = try await storage.create([
          "apiVersion": "v1", "kind": "ConfigMap",
          "metadata": ["name": "c\(number)", "namespace": "default", "uid": "u\(number)"],
        ])
      }
      for size in [0, 100, 500] {
        let names = try await server.kubectl("get", "cm", "-o", "name", "--chunk-size=\(size)").out
        #expect(Set(names.split(separator: "\n")).count == 1203)
      }
      let first = try await server.kubectl("get", "--raw", "/api/v1/configmaps?limit=3").out
      #expect(first.contains("\"remainingItemCount\":1200") && first.contains("\"continue\":"))
      let bad = try await server.kubectl("get", "--raw", "/api/v1/configmaps?limit=3&continue=nonsense")
      #expect(bad.err.contains("continue key is not valid"))
    }
  }

  @Test("events are listed as users know them, and describe shows those of the object")
  func events() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl("apply", "-f", "-", input: Widget.yaml("one"))
      let uid = try await kubectl("get", "wd", "one", "-o", "jsonpath={.metadata.uid}").out
      let event = """
        apiVersion: v1
        kind: Event
        metadata: {generateName: one-}
        involvedObject: {apiVersion: demo.flotilla.io/v1alpha1, kind: Widget, name: one, namespace: default, uid: "\(uid)"}
        type: Warning
        reason: Rusty
        message: it squeaks
        source: {component: oiler}
        count: 2
        firstTimestamp: "2026-01-01T00:00:00Z"
        lastTimestamp: "2026-01-01T01:00:00Z"
        """
      #expect(try await kubectl("create", "-f", "-", input: event).status == 0)
      #expect(
        try await kubectl("get", "events").out.contains(
          #/LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\s+\w+ +Warning +Rusty +widget\/one +it squeaks/#))
      #expect(try await kubectl("events", "--for", "widget/one").out.contains("it squeaks"))
      let described = try await kubectl("describe", "wd", "one").out
      #expect(described.contains("Size:") && described.contains(#/Warning +Rusty .* oiler +it squeaks/#))
    }
  }
}
