import Foundation
import KubeServer
import TestSupport
import Testing

@Suite("what is wrong is refused, and kubectl says why")
struct RefusalTests {
  @Test("unknown and duplicate fields are refused by default, warned of or dropped when asked")
  func unknownFields() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      let typo = Widget.yaml("one", more: "  sise: 4")
      let strict = try await kubectl("apply", "-f", "-", input: typo)
      #expect(
        strict.err.contains("(BadRequest)") && strict.err.contains("strict decoding error: unknown field \"spec.sise\"")
      )
      let warned = try await kubectl("apply", "--validate=warn", "-f", "-", input: typo)
      #expect(warned.status == 0 && warned.err.contains("Warning: unknown field \"spec.sise\""))
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.spec.sise}").out.isEmpty)
      let ignored = try await kubectl("replace", "--validate=ignore", "-f", "-", input: typo)
      #expect(ignored.status == 0 && ignored.err.isEmpty)
      let nested = Widget.yaml("two", more: "  targets: [{name: a, wight: 2}]\n  free: {any: {thing: 1}}")
      #expect(
        try await kubectl("create", "-f", "-", input: nested).err.contains("unknown field \"spec.targets[0].wight\""))
    }
  }

  @Test("every broken rule of the schema is one line with its path")
  func schema() async throws {
    try await TestServer.run { server in
      let wrong = """
        apiVersion: demo.flotilla.io/v1alpha1
        kind: Widget
        metadata: {name: bad, labels: {"a b": c}}
        spec: {size: 30, colour: blue, note: "1", when: noon, limit: 1.5, tags: [a, a], targets: [{weight: x}]}
        """
      let refused = try await server.kubectl("create", "-f", "-", input: wrong)
      for line in [
        "The Widget \"bad\" is invalid:", "* metadata.labels: Invalid value: \"a b\": name part must consist of",
        "* spec.size: Invalid value: 30: spec.size in body should be less than or equal to 10",
        "* spec.colour: Unsupported value: \"blue\": supported values: \"red\", \"green\"",
        "* spec.note: Invalid value: \"1\": spec.note in body should match '^[a-z]+$'",
        "* spec.when: Invalid value: \"noon\": spec.when in body must be of type date-time",
        "* spec.limit: Invalid value: \"number\": spec.limit in body must be of type integer,string: \"number\"",
        "* spec.tags[1]: Duplicate value: \"a\"", "* spec.targets[0].name: Required value",
        "* spec.targets[0].weight: Invalid value: \"string\": spec.targets[0].weight in body must be of type integer",
      ] { #expect(refused.err.contains(line), "\(refused.err)") }
      let empty = "---\n{apiVersion: demo.flotilla.io/v1alpha1, kind: Widget, metadata: {name: x}, spec: {size: null}}"
      #expect(try await server.kubectl("create", "-f", "-", input: empty).err.contains("spec.size: Required value"))
    }
  }

  @Test("names, versions, namespaces and bodies that make no sense are refused with what to do")
  func identity() async throws {
    try await TestServer.run(configure: { $0.maximumBodyBytes = 20_000 }) { server in
      let kubectl = server.kubectl
      #expect(
        try await kubectl("create", "-f", "-", input: Widget.yaml("Big_One")).err.contains(
          "a lowercase RFC 1123 subdomain"))
      #expect(try await kubectl("create", "ns", "a.b").err.contains("a lowercase RFC 1123 label"))
      #expect(
        try await kubectl("create", "-n", "nowhere", "-f", "-", input: Widget.yaml("x")).err.contains(
          "namespaces \"nowhere\" not found"))
      try await kubectl("create", "-f", "-", input: Widget.yaml("x"))
      #expect(try await kubectl("create", "-f", "-", input: Widget.yaml("x")).err.contains("(AlreadyExists)"))
      let wrong = "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"x\"}}"
      let path = "/apis/demo.flotilla.io/v1alpha1/namespaces/default/widgets"
      #expect(
        try await kubectl("create", "--raw", path, "-f", "-", input: wrong).err.contains(
          "does not match the expected API version"))
      #expect(try await kubectl("create", "--raw", path, "-f", "-", input: "{not json").err.contains("not valid JSON"))
      let large =
        "{\"metadata\":{\"name\":\"l\",\"annotations\":{\"a\":\"" + String(repeating: "x", count: 30_000) + "\"}}}"
      #expect(
        try await kubectl("create", "--raw", path, "-f", "-", input: large).err.contains("Request entity too large"))
      #expect(try await kubectl("get", "--raw", "/api/v1/pods").err.contains("could not find the requested resource"))
      #expect(try await kubectl("delete", "--raw", "/api/v1/namespaces").err.contains("does not allow this method"))
      #expect(try await kubectl("delete", "ns", "default").err.contains("this namespace may not be deleted"))
      #expect(try await kubectl("get", "wd", "--token=wrong").err.contains("Unauthorized"))
      #expect(try await kubectl("get", "wd", "-l", "a in b").status == 1)
    }
  }

  @Test("who is not allowed is told what they may not do")
  func authorization() async throws {
    try await TestServer.run(configure: { configuration in
      configuration.authorizer = { _, attributes in attributes.resource != "secrets" || attributes.verb == "list" }
    }) { server in
      let refused = try await server.kubectl("get", "secret", "s")
      #expect(
        refused.err.contains(
          "User \"admin\" cannot get resource \"secrets\" in API group \"\" in the namespace \"default\""))
      #expect(try await server.kubectl("auth", "can-i", "get", "secrets").text == "no")
      #expect(try await server.kubectl("auth", "can-i", "list", "secrets").text == "yes")
    }
  }

  @Test("a namespace goes with everything in it, and takes nothing new meanwhile")
  func namespaces() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl("create", "ns", "going")
      try await kubectl("-n", "going", "create", "-f", "-", input: Widget.yaml("free"))
      try await kubectl("-n", "going", "create", "-f", "-", input: Widget.yaml("held"))
      try await kubectl(
        "-n", "going", "patch", "wd", "held", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":[\"x.io/hold\"]}}")
      let deleting = try kubectl.start(["delete", "ns", "going"])
      try await eventually("only what is held is left") {
        try await kubectl("-n", "going", "get", "wd", "-o", "name").text == "widget.demo.flotilla.io/held"
      }
      #expect(try await kubectl("get", "ns", "going").out.contains("Terminating"))
      #expect(try await kubectl("-n", "going", "create", "cm", "late").err.contains("because it is being terminated"))
      try await kubectl(
        "-n", "going", "patch", "wd", "held", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}")
      #expect(await deleting.finish() == 0)
      #expect(try await kubectl("get", "ns", "going").err.contains("NotFound"))
    }
  }
}
