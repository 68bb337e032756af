import Document
import Testing

@testable import Fleet

@Suite("Who wrote what")
struct FieldOwnershipTests {
  let wanted: Value = [
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": ["name": "web", "namespace": "shop", "labels": ["a": "1"]],
    "spec": [
      "replicas": 1, "selector": ["matchLabels": ["a": "1"]],
      "containers": [["name": "c", "image": "i", "args": ["x"]]],
    ],
  ]

  /// The wanted object as a server shows it, with defaults, and with its book.
  func live(
    _ changes: Value = [:], manager: String = "flotilla", operation: String = "Apply", owned: Value? = nil,
    apiVersion: String = "apps/v1"
  ) throws -> Value {
    let fields = try JSON.parse(
      Array(
        #"""
        {"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:replicas":{},"f:selector":{},
         "f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{},"f:image":{},"f:args":{}}}}}
        """#.utf8), file: "fields")
    var live = wanted.merging([
      "spec": [
        "paused": false,
        "containers": [["name": "sidecar"], ["name": "c", "image": "i", "args": ["x"], "pullPolicy": "Always"]],
      ]
    ])
    live = live.merging(changes)
    live.set(
      [
        [
          "manager": .string(manager), "operation": .string(operation), "apiVersion": .string(apiVersion),
          "time": "2026-01-01T00:00:00Z", "fieldsV1": owned ?? fields,
        ],
        [
          "manager": "kubectl-edit", "operation": "Update", "time": "2026-01-02T00:00:00Z",
          "fieldsV1": ["f:metadata": ["f:annotations": [:]]],
        ],
        [
          "manager": "controller", "operation": "Update", "time": "2026-01-03T00:00:00Z",
          "fieldsV1": ["f:status": [:]],
        ],
      ], at: "metadata", "managedFields")
    return live
  }

  func isUnchanged(_ live: Value) -> Bool { FieldOwnership.isUnchanged(wanted, in: live, manager: "flotilla") }

  @Test("What we applied last, with the values that we applied, is unchanged, whatever others added")
  func unchanged() throws {
    #expect(isUnchanged(try live()))
    #expect(isUnchanged(try live(["metadata": ["annotations": ["foreign": "1"]], "status": ["x": 1]])))
  }

  @Test("Another value, another owner, an element that is gone or no book at all prove nothing")
  func unproved() throws {
    #expect(!isUnchanged(try live(["spec": ["replicas": 3]])), "old servers do not note who scales")
    #expect(!isUnchanged(try live(["spec": ["containers": [["name": "c", "image": "other", "args": ["x"]]]]])))
    #expect(!isUnchanged(try live(["spec": ["containers": [["name": "sidecar"]]]])))
    #expect(!isUnchanged(try live(["metadata": ["labels": ["a": "2"]]])))
    #expect(
      !isUnchanged(try live(["spec": ["selector": ["matchLabels": ["a": "1"], "more": true]]])), "owned as a whole")
    #expect(!isUnchanged(try live(manager: "helm")))
    #expect(!isUnchanged(try live(operation: "Update")))
    #expect(!isUnchanged(try live(apiVersion: "apps/v1beta1")), "the book is in another version's words")
    #expect(!isUnchanged(try live(owned: ["f:spec": ["f:replicas": [:]]])))
    var bookless = try live()
    bookless.set(nil, at: "metadata", "managedFields")
    #expect(!isUnchanged(bookless))
  }

  @Test("The last other manager that wrote more than the status is named")
  func writer() throws {
    #expect(FieldOwnership.lastWriter(of: try live(), besides: "flotilla") == "kubectl-edit")
    #expect(FieldOwnership.lastWriter(of: [:], besides: "flotilla") == nil)
  }
}
