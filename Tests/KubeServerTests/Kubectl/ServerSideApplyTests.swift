import KubeServer
import TestSupport
import Testing

@Suite("server-side apply")
struct ServerSideApplyTests {
  private func apply(_ kubectl: Kubectl, _ manager: String, _ yaml: String, force: Bool = false) async throws
    -> Command.Outcome
  {
    try await kubectl(
      "apply", "--server-side", "--field-manager=\(manager)", "--force-conflicts=\(force)", "-f", "-", input: yaml)
  }

  @Test("a field that another manager owns is a conflict that names it, unless forced")
  func conflicts() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      #expect(try await apply(kubectl, "a", Widget.yaml("one")).text.hasSuffix("serverside-applied"))
      #expect(try await apply(kubectl, "b", Widget.yaml("one")).status == 0)
      let refused = try await apply(kubectl, "b", Widget.yaml("one", size: 4))
      #expect(
        refused.status == 1 && refused.err.contains("Apply failed with 1 conflict: conflict with \"a\": .spec.size"))
      #expect(try await apply(kubectl, "b", Widget.yaml("one", size: 4), force: true).status == 0)
      try await kubectl("patch", "wd", "one", "--type=merge", "-p", "{\"spec\":{\"note\":\"hi\"}}")
      let update = try await apply(kubectl, "b", Widget.yaml("one", size: 4, more: "  note: yo"))
      #expect(
        update.err.contains("conflict with \"kubectl-patch\" using demo.flotilla.io/v1alpha1 at")
          && update.err.contains(": .spec.note"))
      let again = try await apply(kubectl, "a", Widget.yaml("one", size: 3))
      #expect(again.err.contains("conflict with \"b\": .spec.size"))
    }
  }

  @Test("what a manager no longer applies goes, but for what others own; items of lists have owners of their own")
  func removal() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      _ = try await apply(
        kubectl, "a",
        Widget.yaml("one", more: "  note: hi\n  targets: [{name: x}, {name: v, weight: 2}]\n  tags: [p, q]"))
      _ = try await apply(
        kubectl, "b", Widget.yaml("one", more: "  targets: [{name: v, weight: 2}, {name: z}]\n  tags: [q, r]"))
      let all = "jsonpath={.spec.targets[*].name} {.spec.tags} {.spec.note} {.metadata.labels}"
      #expect(try await kubectl("get", "wd", "one", "-o", all).out == "x v z [\"p\",\"q\",\"r\"] hi {\"env\":\"dev\"}")
      let less = "apiVersion: demo.flotilla.io/v1alpha1\nkind: Widget\nmetadata: {name: one}\nspec: {size: 3}\n"
      #expect(try await apply(kubectl, "a", less).status == 0)
      #expect(try await kubectl("get", "wd", "one", "-o", all).out == "v z [\"q\",\"r\"]  {\"env\":\"dev\"}")
      #expect(try await apply(kubectl, "b", less).status == 0)
      #expect(
        try await kubectl("get", "wd", "one", "-o", "jsonpath={.spec}{.metadata.labels}").out
          == "{\"colour\":\"red\",\"size\":3}")
      let before = try await kubectl("get", "wd", "one", "-o", "jsonpath={.metadata.resourceVersion}").out
      #expect(try await apply(kubectl, "b", less).status == 0)
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.metadata.resourceVersion}").out == before)
    }
  }

  @Test("kubectl moves from client-side to server-side apply without a conflict with itself")
  func migration() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      try await kubectl("apply", "-f", "-", input: Widget.yaml("one"))
      #expect(try await kubectl("apply", "--server-side", "-f", "-", input: Widget.yaml("one", size: 5)).status == 0)
      let managers = "jsonpath={.metadata.managedFields[*].manager} {.metadata.managedFields[*].operation}"
      let output = try await kubectl("get", "wd", "one", "--show-managed-fields", "-o", managers).out
      #expect(output.contains("kubectl") && !output.contains("Update"))
      #expect(
        try await kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", input: Widget.yaml("one", size: 6))
          .status == 0)
      #expect(try await kubectl("get", "wd", "one", "-o", "jsonpath={.spec.size}").out == "5")
      #expect(
        try await kubectl("apply", "--server-side", "-f", "-", input: Widget.yaml("two", more: "  typo: 1")).err
          .contains("unknown field \"spec.typo\""))
    }
  }
}
