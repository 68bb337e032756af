import Document
import Testing

@testable import KubeServer

@Suite("managed fields")
struct ManagedFieldsTests {
  private func managed() throws -> ManagedFields {
    ManagedFields(
      schema: try SchemaNode.compile(root: Widget.schema), apiVersion: "demo.flotilla.io/v1alpha1", now: 1_700_000_000)
  }

  @Test("the form on the wire reads back as itself, whatever is in it")
  func wireForm() throws {
    let encoded: Value = [
      "f:spec": [
        "f:size": [:], "f:targets": [".": [:], "k:{\"name\":\"a\"}": [".": [:], "f:weight": [:]]],
        "f:tags": ["v:\"x\"": [:]], "f:free": ["f:a.b/c": [:]],
      ]
    ]
    #expect(FieldSet(encoded: encoded).encoded == encoded)
    #expect(
      FieldSet(encoded: encoded).displayedPaths == [
        ".spec.free.a.b/c", ".spec.size", ".spec.tags[=\"x\"]", ".spec.targets", ".spec.targets[name=\"a\"]",
        ".spec.targets[name=\"a\"].weight",
      ])
    for odd: Value in [nil, 1, ["x": 1], ["f:": nil], ["k:nonsense": [:]], ["i:x": [:]]] {
      _ = FieldSet(encoded: odd).encoded
    }
  }

  @Test("union, difference and intersection of random sets obey the laws of sets")
  func laws() {
    var generator = SplitMix(state: 7)
    for _ in 0..<500 {
      let (a, b) = (FieldSet.random(&generator, depth: 3), FieldSet.random(&generator, depth: 3))
      #expect(a.union(b) == b.union(a))
      #expect(a.subtracting(b).intersection(b).isEmpty)
      #expect(a.subtracting(b).union(a.intersection(b)) == a)
      #expect(a.union(b).subtracting(b) == a.subtracting(b))
      #expect(FieldSet(encoded: a.encoded) == a)
    }
  }

  @Test("an update takes what it changes from everybody else, and only that")
  func update() throws {
    let managed = try managed()
    var first: Value = ["spec": ["size": 1, "targets": [["name": "a", "weight": 1], ["name": "b", "weight": 1]]]]
    managed.track(&first, old: nil, manager: "one", part: .main)
    var second = first
    second.set([["name": "a", "weight": 2]], at: "spec", "targets")
    managed.track(&second, old: first, manager: "two", part: .main)
    let owners = Dictionary(
      uniqueKeysWithValues: ManagedEntry.decode(second.at("metadata", "managedFields")).map {
        ($0.identity.manager, $0.fields.displayedPaths)
      })
    #expect(
      owners == [
        "one": [".spec.size", ".spec.targets[name=\"a\"]", ".spec.targets[name=\"a\"].name"],
        "two": [".spec.targets[name=\"a\"].weight"],
      ])
  }

  @Test("many updaters leave a bounded list")
  func bounded() throws {
    let managed = try managed()
    var object: Value = ["spec": ["free": [:]]]
    for number in 0..<40 {
      let old = object
      object.set(.integer(Int64(number)), at: "spec", "free", "f\(number)")
      managed.track(&object, old: old, manager: "m\(number)", part: .main)
    }
    let entries = ManagedEntry.decode(object.at("metadata", "managedFields"))
    #expect(entries.count == 11 && entries.contains { $0.identity.manager == "ancient-changes" })
    #expect(entries.reduce(FieldSet()) { $0.union($1.fields) }.displayedPaths.count == 40)
  }

  @Test("applying twice is the same as applying once; what nobody applies any more is gone")
  func idempotence() throws {
    let managed = try managed()
    var generator = SplitMix(state: 11)
    for _ in 0..<200 {
      let applied = (0..<3).map { _ in Value.randomSpec(&generator) }
      var live: Value = ["spec": [:]]
      for (index, value) in applied.enumerated() {
        let (object, entries) = try managed.apply(value, to: live, manager: "m\(index % 2)", force: true, part: .main)
        live = object
        managed.store(entries, in: &live)
        let (again, same) = try managed.apply(value, to: live, manager: "m\(index % 2)", force: false, part: .main)
        #expect(again == live)
        #expect(Set(same) == Set(entries))
      }
      for manager in ["m0", "m1"] {
        let (object, entries) = try managed.apply(["spec": [:]], to: live, manager: manager, force: true, part: .main)
        live = object
        managed.store(entries, in: &live)
      }
      #expect(live["spec"] == [:], "\(live)")
    }
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension FieldSet {
  fileprivate static func random(_ generator: inout SplitMix, depth: Int) -> FieldSet {
    var set = FieldSet()
    let elements: [PathElement] = [.field("a"), .field("b"), .key(["name": "x"]), .value(1), .field("c.d")]
    for element in elements {
      if Int.random(in: 0..<3, using: &generator) == 0 { set.members.insert(element) }
      if depth > 0, Int.random(in: 0..<2, using: &generator) == 0 {
        set.put(random(&generator, depth: depth - 1), below: element)
      }
    }
    return set
  }
}

extension Value {
  fileprivate static func randomSpec(_ generator: inout SplitMix) -> Value {
    var spec: [String: Value] = [:]
    if Bool.random(using: &generator) { spec["size"] = .integer(Int64.random(in: 1...3, using: &generator)) }
    if Bool.random(using: &generator) { spec["note"] = "n" }
    if Bool.random(using: &generator) {
      spec["labels"] = ["a": "1", "b": .string(Bool.random(using: &generator) ? "2" : "3")]
    }
    if Bool.random(using: &generator) {
      spec["tags"] = .array(["p", "q", "r"].filter { _ in Bool.random(using: &generator) })
    }
    if Bool.random(using: &generator) {
      spec["targets"] = .array(
        ["x", "y", "z"].filter { _ in Bool.random(using: &generator) }.map { name in
          ["name": .string(name), "weight": .integer(Int64.random(in: 1...2, using: &generator))]
        })
    }
    return ["spec": .object(spec)]
  }
}
