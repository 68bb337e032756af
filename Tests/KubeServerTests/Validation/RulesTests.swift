import Document
import Testing

@testable import KubeServer

@Suite("the rules of objects")
struct RulesTests {
  private func context(_ change: (inout WriteContext) -> Void = { _ in }) -> WriteContext {
    var context = WriteContext(fieldManager: "t", now: 1_700_000_000, uid: "u-1", nameSuffix: "abcde")
    change(&context)
    return context
  }

  private func object(_ spec: Value, _ metadata: Value = ["name": "x"]) -> Value {
    ["apiVersion": "demo.flotilla.io/v1alpha1", "kind": "Widget", "metadata": metadata, "spec": spec]
  }

  @Test("what a server owns cannot be sent: identity, times and generation are its own")
  func identity() throws {
    let rules = try ObjectRules(Widget.kind)
    let sent = object(
      ["size": 1],
      [
        "generateName": "w-", "uid": "mine", "generation": 9, "selfLink": "/x",
        "deletionTimestamp": "2020-01-01T00:00:00Z",
      ])
    let made = try rules.create(sent, namespace: "n", context: context()).object
    #expect(
      made["metadata"] == [
        "generateName": "w-", "name": "w-abcde", "namespace": "n", "uid": "u-1", "generation": 1,
        "creationTimestamp": "2023-11-14T22:13:20Z",
      ])
    var changed = made
    changed.set("other", at: "metadata", "creationTimestamp")
    changed.set(2, at: "spec", "size")
    let updated = try rules.update(changed, old: made, context: context()).object
    #expect(updated.at("metadata", "generation") == 2)
    #expect(updated.at("metadata", "creationTimestamp") == made.at("metadata", "creationTimestamp"))
    changed.set("other", at: "metadata", "uid")
    #expect { try rules.update(changed, old: made, context: context()) } throws: {
      ($0 as? KubeError)?.code == .conflict
    }
  }

  @Test("defaults fill in, nulls of optional fields vanish, free and nullable parts are left alone")
  func shape() throws {
    let rules = try ObjectRules(Widget.kind)
    let spec: Value = [
      "size": 1, "colour": nil, "note": nil, "maybe": nil, "free": ["a": nil, "b": [["c": 1]]], "labels": ["k": "v"],
      "targets": [["name": "a"], ["name": "b", "weight": 4]], "limit": "10%",
    ]
    let made = try rules.create(object(spec), namespace: "n", context: context())
    #expect(
      made.object["spec"] == [
        "size": 1, "colour": "red", "maybe": nil, "free": ["a": nil, "b": [["c": 1]]], "labels": ["k": "v"],
        "targets": [["name": "a", "weight": 1], ["name": "b", "weight": 4]], "limit": "10%",
      ])
    #expect(made.warnings.isEmpty)
  }

  @Test("labels, annotations and status leave the generation alone; a status write changes nothing else")
  func generation() throws {
    let rules = try ObjectRules(Widget.kind)
    let old = try rules.create(object(["size": 1]), namespace: "n", context: context()).object
    var labelled = old
    labelled.set("b", at: "metadata", "labels", "a")
    labelled.set(["seen": "2020-01-01T00:00:00Z"], at: "status")
    let main = try rules.update(labelled, old: old, context: context()).object
    #expect(
      main.at("metadata", "generation") == 1 && main["status"] == nil && main.at("metadata", "labels", "a") == "b")
    labelled.set(5, at: "spec", "size")
    let status = try rules.update(labelled, old: old, part: .status, context: context()).object
    #expect(status["spec"] == old["spec"] && status["metadata"] == old["metadata"])
    #expect(status.at("status", "seen") == "2020-01-01T00:00:00Z")
    #expect(try rules.isUnchanged(rules.update(old, old: old, context: context()).object, old))
  }

  @Test("duplicate keys of a JSON body are found with their paths, in whatever the body is")
  func duplicates() {
    #expect(
      DuplicateFields.paths(inJSON: Array(#"{"a":1,"b":{"c":[{"d":1,"d":2}],"c":"\"}"},"a":3}"#.utf8)) == [
        "b.c[0].d", "b.c", "a",
      ])
    for text in [
      "", "{", "{\"a\"", "[1,", "{\"a\":\"\\", "nul", "{\"a\":{\"b\":}}", String(repeating: "[", count: 100_000),
    ] {
      #expect(DuplicateFields.paths(inJSON: Array(text.utf8)).isEmpty)
    }
  }

  @Test(
    "names follow DNS",
    arguments: [
      ("a", true), ("a.b-c", true), ("a-", false), ("-a", false), ("A", false), ("a..b", false), ("a_b", false),
      ("1", true),
    ])
  func names(_ name: String, _ good: Bool) {
    #expect((Names.problem(of: name, rule: .subdomain) == nil) == good)
  }

  @Test("label keys and values follow their rules")
  func labels() {
    for good in ["a", "a.b/c", "A_b-c.d", "x.io/" + String(repeating: "a", count: 63)] {
      #expect(Names.problem(ofQualified: good) == nil)
    }
    for bad in ["", "/a", "a/", "a/b/c", "A.b/c", "a b", "-a", String(repeating: "a", count: 64)] {
      #expect(Names.problem(ofQualified: bad) != nil, "\(bad)")
    }
    #expect(Names.problem(ofLabelValue: "") == nil && Names.problem(ofLabelValue: "a/b") != nil)
  }
}
