import Document
import Testing

@testable import Fleet

@Suite("What a bundle says is no drift")
struct DriftRulesTests {
  let web = ObjectIdentity(apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web-1")
  let tree: Value = [
    "metadata": ["name": "web-1", "labels": ["a/b": "1", "c": "2"]],
    "spec": ["replicas": 3, "list": [["x": 1], ["x": 2]]],
  ]

  func patch(
    _ apiVersion: String = "apps/v1", _ kind: String = "Deployment", namespace: String = "", name: String = "",
    pointers: [String] = [], operations: [ComparePatch.Operation] = []
  ) -> ComparePatch {
    var patch = ComparePatch()
    patch.apiVersion = apiVersion
    patch.kind = kind
    patch.namespace = namespace
    patch.name = name
    patch.jsonPointers = pointers
    patch.operations = operations
    return patch
  }

  @Test(
    "A pointer's entry selects by globs of group and kind, whatever the version; nothing given means any",
    arguments: [
      ("apps/v1", "Deployment", "", "", true), ("apps/v1beta2", "Deployment", "", "", true),
      ("*/*", "*", "", "", true), ("*", "Deploy*", "", "", true), ("ap?s/v1", "[DE]eployment", "", "", true),
      ("v1", "Deployment", "", "", false), ("batch/v1", "Deployment", "", "", false), ("apps/v1", "Job", "", "", false),
      ("apps/v1", "Deployment", "shop", "web-1", true), ("apps/v1", "Deployment", "other", "", false),
      ("apps/v1", "Deployment", "", "web", false), ("apps/v1", "Deployment", "", "web.*", false),
    ])
  func globs(apiVersion: String, kind: String, namespace: String, name: String, selects: Bool) {
    let rules = DriftRules([patch(apiVersion, kind, namespace: namespace, name: name, pointers: ["/spec/replicas"])])
    #expect((rules.normalize(tree, of: web).at("spec", "replicas") == nil) == selects)
    #expect(!rules.ignores(web), "pointers ignore fields, never the object")
  }

  @Test("Pointers reach list elements and escaped names; those that lead nowhere are no error")
  func pointers() {
    let rules = DriftRules([
      patch(pointers: ["/spec/list/0/x", "/metadata/labels/a~1b", "/spec/none/0", "/spec/list/9"])
    ])
    #expect(rules.problems.isEmpty)
    #expect(
      rules.normalize(tree, of: web) == [
        "metadata": ["name": "web-1", "labels": ["c": "2"]], "spec": ["replicas": 3, "list": [[:], ["x": 2]]],
      ])
  }

  @Test(
    "Operations select by the exact version and kind, and each works by itself",
    arguments: [("apps/v1", "Deployment", true), ("apps/v1beta1", "Deployment", false), ("*/*", "*", false)])
  func operations(apiVersion: String, kind: String, selects: Bool) {
    let rules = DriftRules([
      patch(
        apiVersion, kind,
        operations: [
          .init(op: "remove", path: "/spec/none"), .init(op: "remove", path: "/spec/replicas"),
          .init(op: "replace", path: "/metadata/name", value: "x"),
        ])
    ])
    let result = rules.normalize(tree, of: web)
    #expect((result.at("spec", "replicas") == nil) == selects)
    #expect((result.at("metadata", "name") == "x") == selects)
  }

  @Test(
    "An ignored object is ignored whole; its name may be a regular expression, found anywhere in the name",
    arguments: [
      ("", true), ("web-1", true), ("web-.*", true), ("eb", true), ("^web-[0-9]+$", true), ("^eb", false),
      ("web-2", false), ("(db|web)-1$", true),
    ])
  func ignoring(name: String, ignores: Bool) {
    let rules = DriftRules([patch(name: name, operations: [.init(op: "ignore")])])
    #expect(rules.ignores(web) == ignores)
    #expect(!rules.ignores(ObjectIdentity(apiVersion: "v1", kind: "Deployment", namespace: "shop", name: "web-1")))
    #expect(rules.normalize(tree, of: web) == tree)
  }

  @Test("What cannot be understood is told and has no effect; the rest has")
  func problems() {
    let rules = DriftRules([
      patch(pointers: ["spec/replicas", "/spec/replicas"]), patch(name: "web(", operations: [.init(op: "ignore")]),
      patch("[/v1", "Deployment", pointers: ["/spec"]), patch(operations: [.init(op: "frobnicate", path: "/a")]),
    ])
    #expect(rules.problems.count == 4)
    #expect(rules.problems[0].hasPrefix("diff.comparePatches[0].jsonPointers: "))
    #expect(rules.normalize(tree, of: web).at("spec", "replicas") == nil)
    #expect(!rules.ignores(web))
  }

  @Test("No more entries have an effect than the limit, and that is told")
  func limit() {
    let entries = Array(repeating: patch(name: "other"), count: Limits.comparePatches)
    #expect(DriftRules(entries).problems.isEmpty)
    let rules = DriftRules(entries + [patch(operations: [.init(op: "ignore")])])
    #expect(rules.problems.count == 1 && !rules.ignores(web))
  }
}
