import Document
import Fleet
import KubeClient
import TestSupport
import Testing

@testable import Agent

@Suite("What is copied to a cluster, and namespaces that go", .controlPlane, .timeLimit(.minutes(2)))
struct DownstreamLiveTests {
  private func secret(_ password: String) throws -> DownstreamCopy {
    try DownstreamCopy(of: [
      "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
      "metadata": ["name": "registry", "namespace": "fleet-default", "labels": ["team": "a"]],
      "data": ["password": .string(Base64.encode(Array(password.utf8)))],
    ])
  }

  private func map(_ key: String, _ text: String) throws -> DownstreamCopy {
    try DownstreamCopy(of: [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "values"], "data": [key: .string(text)],
    ])
  }

  /// A chart whose values come from a copied ConfigMap.
  private func bundle(_ name: String, namespace: String, copies: [DownstreamCopy]) -> TestManager.Bundle {
    var options = Fixture.options(namespace)
    options.downstreamResources = copies.map { DownstreamResource(kind: $0.kind.lowercased(), name: $0.name) }
    var helm = HelmOptions()
    helm.valuesFrom = [ValuesFrom(configMap: ValuesFrom.Reference(name: "values"))]
    options.helm = helm
    return TestManager.Bundle(
      name: name,
      files: [
        "Chart.yaml": "apiVersion: v2\nname: \(name)\nversion: 1.0.0\n",
        "templates/a.yaml":
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {colour: {{ .Values.colour }}}\n",
      ], options: options, copies: copies)
  }

  private func password(_ fixture: Fixture, _ namespace: String) async throws -> String {
    try await fixture.plane.kubectl("get", "secret", "-n", namespace, "registry", "-o", "jsonpath={.data.password}")
  }

  @Test("Copies are there before the chart, change with their source and deploy it anew, and go with their last bundle")
  func copies() async throws {
    let fixture = try Fixture()
    var one = bundle("one", namespace: "copied", copies: [try secret("s3cret"), try map("values.yaml", "colour: red")])
    let two = bundle("two", namespace: "copied", copies: [try secret("s3cret"), try map("values.yaml", "colour: red")])
    let first = one
    one.copies = [try secret("changed"), try map("values.yaml", "colour: blue")]
    one.options.downstreamResources = two.options.downstreamResources
    let second = one
    try await fixture.run {
      let id = try await fixture.manager.deploy(first)
      try await fixture.wait("one", id, .ready)
      try await fixture.wait("two", try await fixture.manager.deploy(two), .ready)
      #expect(try await fixture.configMap("copied", "one", "colour") == "red")
      #expect(try await password(fixture, "copied") == "czNjcmV0")
      #expect(
        try await fixture.plane.kubectl("get", "secret", "-n", "copied", "-l", "team=a", "-o", "name")
          .contains("secret/registry"))

      #expect(try await fixture.manager.deploy(second) == id, "what is copied is no part of the deployment's id")
      try await eventually("the release is deployed anew") { await fixture.revision("one") == "copied/one:2" }
      #expect(try await fixture.configMap("copied", "one", "colour") == "blue")
      #expect(try await password(fixture, "copied") == "Y2hhbmdlZA==")

      await fixture.manager.remove("one")
      try await eventually("the first bundle is gone") { await fixture.manager.statuses["one"] == nil }
      #expect(try await password(fixture, "copied") == "Y2hhbmdlZA==", "the other bundle needs it")
      await fixture.manager.remove("two")
      try await eventually("the second is gone") { await fixture.manager.statuses["two"] == nil }
      #expect(
        try await fixture.plane.kubectl("get", "secret,configmap", "-n", "copied", "-l", "team=a", "-o", "name") == "")
    }
  }

  @Test("A copy takes the place of nobody else's object")
  func foreign() async throws {
    let fixture = try Fixture()
    let taking = bundle(
      "taking", namespace: "theirs", copies: [try secret("s3cret"), try map("values.yaml", "colour: red")])
    try await fixture.plane.kubectl("create", "namespace", "theirs")
    try await fixture.plane.kubectl(
      "create", "secret", "generic", "-n", "theirs", "registry", "--from-literal=password=own")
    try await fixture.run {
      let id = try await fixture.manager.deploy(taking)
      try await fixture.wait("taking", id, .errApplied)
      #expect(
        await fixture.manager.status("taking")?.message(desiredID: id).hasPrefix(
          "downstreamResources: Secret theirs/registry exists and was copied by no bundle") == true)
      #expect(try await password(fixture, "theirs") == "b3du")
      try await fixture.plane.kubectl("delete", "secret", "-n", "theirs", "registry")
      try await fixture.wait("taking", id, .ready)
    }
  }

  @Test("deleteNamespace takes the namespace along once no other deployment is in it, and never a protected one")
  func namespaces() async throws {
    let fixture = try Fixture()
    @Sendable func bundle(_ name: String, in namespace: String) -> TestManager.Bundle {
      var options = Fixture.options(namespace)
      options.deleteNamespace = true
      let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n"
      return TestManager.Bundle(name: name, files: ["a.yaml": map], options: options)
    }
    try await fixture.run {
      for (name, namespace) in [("first", "brief"), ("second", "brief"), ("third", "default")] {
        try await fixture.wait(name, try await fixture.manager.deploy(bundle(name, in: namespace)), .ready)
      }
      func phase(_ namespace: String) async throws -> String {
        try await fixture.plane.kubectl("get", "namespace", namespace, "-o", "jsonpath={.status.phase}")
      }
      for name in ["first", "third"] {
        await fixture.manager.remove(name)
        try await eventually("\(name) is gone") { await fixture.manager.statuses[name] == nil }
      }
      #expect(try await phase("brief") == "Active", "the second bundle is there")
      #expect(try await phase("default") == "Active")
      await fixture.manager.remove("second")
      try await eventually("the second is gone") { await fixture.manager.statuses["second"] == nil }
      // Without a controller manager it stays in this phase.
      #expect(try await phase("brief") == "Terminating")
    }
  }
}
