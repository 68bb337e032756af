import Document
import Testing

@Suite("Merge patch, JSON Pointer and JSON Patch") struct PatchTests {
  @Test("the examples of RFC 7386's appendix hold")
  func mergePatchExamples() {
    let cases: [(Value, Value, Value)] = [
      (["a": "b"], ["a": "c"], ["a": "c"]), (["a": "b"], ["b": "c"], ["a": "b", "b": "c"]),
      (["a": "b"], ["a": nil], [:]),
      (["a": "b", "b": "c"], ["a": nil], ["b": "c"]), (["a": ["b"]], ["a": "c"], ["a": "c"]),
      (["a": "c"], ["a": ["b"]], ["a": ["b"]]),
      (["a": ["b": "c"]], ["a": ["b": "d", "c": nil]], ["a": ["b": "d"]]),
      (["a": [["b": "c"]]], ["a": [1]], ["a": [1]]),
      (["a", "b"], ["c", "d"], ["c", "d"]), (["a": "b"], ["c"], ["c"]), (["a": "foo"], nil, nil),
      (["a": "foo"], "bar", "bar"),
      (["e": nil], ["a": 1], ["e": nil, "a": 1]), ([1, 2], ["a": "b", "c": nil], ["a": "b"]),
      ([:], ["a": ["bb": ["ccc": nil]]], ["a": ["bb": [:]]]),
    ]
    for (original, patch, result) in cases { #expect(original.applyingMergePatch(patch) == result) }
  }

  @Test("a computed merge patch leads from one tree to the other, and is empty between equals")
  func mergePatchDifference() {
    func withoutNulls(_ value: Value) -> Value {
      switch value {
      case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(withoutNulls))
      default: value
      }
    }
    for seed in UInt64(1)...500 {
      var random = SplitMix(seed: seed)
      let old = RandomValue.make(&random, depth: 4)
      let new = withoutNulls(RandomValue.make(&random, depth: 4))
      #expect(old.applyingMergePatch(.mergePatch(from: old, to: new)) == new, "seed \(seed)")
    }
    #expect(Value.mergePatch(from: ["a": ["b": 1]], to: ["a": ["b": 1]]) == [:])
    #expect(
      Value.mergePatch(from: ["a": 1, "b": ["c": 1, "d": 2]], to: ["b": ["c": 1, "d": 3]]) == ["a": nil, "b": ["d": 3]])
  }

  @Test("merging as Helm merges values: objects deeply, lists and null replace")
  func merging() {
    let base: Value = ["a": ["b": 1, "c": [1, 2]], "d": 1]
    #expect(base.merging(["a": ["c": [3]], "e": nil]) == ["a": ["b": 1, "c": [3]], "d": 1, "e": nil])
    #expect(base.merging(["a": 2, "d": nil]) == ["a": 2, "d": nil])
  }

  @Test("the pointers of RFC 6901's section 5 lead where it says")
  func pointers() throws {
    let document: Value = ["foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "k\"l": 6, " ": 7, "m~n": 8]
    let cases: [(String, Value)] = [
      ("", document), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3),
      ("/k\"l", 6),
      ("/ ", 7), ("/m~0n", 8),
    ]
    for (text, value) in cases {
      let pointer = try JSONPointer(text)
      #expect(document.at(pointer) == value && pointer.description == text)
    }
    for text in ["/foo/2", "/foo/00", "/foo/-", "/foo/-1", "/foo/0/x", "/nothing"] {
      #expect(document.at(try JSONPointer(text)) == nil)
    }
    for text in ["foo", "/~", "/~2"] { #expect(throws: DocumentError.self) { try JSONPointer(text) } }
    #expect(document.removing(try JSONPointer("/foo/0"))["foo"] == ["baz"])
    #expect(document.removing(try JSONPointer("/none/0")) == document)
  }

  @Test("the operations of RFC 6902 do what its appendix shows")
  func patches() throws {
    let cases: [(Value, String, Value?)] = [
      (["foo": "bar"], #"[{"op":"add","path":"/baz","value":"qux"}]"#, ["baz": "qux", "foo": "bar"]),
      (["foo": ["bar", "baz"]], #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, ["foo": ["bar", "qux", "baz"]]),
      (["baz": "qux", "foo": "bar"], #"[{"op":"remove","path":"/baz"}]"#, ["foo": "bar"]),
      (["foo": ["bar", "qux", "baz"]], #"[{"op":"remove","path":"/foo/1"}]"#, ["foo": ["bar", "baz"]]),
      (["baz": "qux"], #"[{"op":"replace","path":"/baz","value":"boo"}]"#, ["baz": "boo"]),
      (
        ["foo": ["bar": "baz", "waldo": "fred"], "qux": ["corge": "grault"]],
        #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
        ["foo": ["bar": "baz"], "qux": ["corge": "grault", "thud": "fred"]]
      ),
      (
        ["foo": ["all", "grass", "cows", "eat"]], #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
        ["foo": ["all", "cows", "eat", "grass"]]
      ),
      (
        ["baz": "qux", "foo": ["a", 2, "c"]],
        #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2.0}]"#,
        ["baz": "qux", "foo": ["a", 2, "c"]]
      ),
      (["baz": "qux"], #"[{"op":"test","path":"/baz","value":"bar"}]"#, nil),
      (
        ["foo": "bar"], #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
        ["foo": "bar", "child": ["grandchild": [:]]]
      ),
      (["foo": "bar"], #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#, ["foo": "bar", "baz": "qux"]),
      (["foo": "bar"], #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, nil),
      (["/": 9, "~1": 10], #"[{"op":"test","path":"/~01","value":10}]"#, ["/": 9, "~1": 10]),
      (["/": 9, "~1": 10], #"[{"op":"test","path":"/~01","value":"10"}]"#, nil),
      (["foo": ["bar"]], #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#, ["foo": ["bar", ["abc", "def"]]]),
      (
        ["a": ["b": 1]], #"[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]"#,
        ["a": ["b": 1], "c": ["b": 2]]
      ),
      (["a": ["b": 1]], #"[{"op":"move","from":"/a","path":"/a/b"}]"#, nil),
      (["a": [1]], #"[{"op":"add","path":"/a/2","value":1}]"#, nil),
      (["a": 1], #"[{"op":"replace","path":"","value":[1]}]"#, [1]),
      (["a": 1], #"[{"op":"replace","path":"/b","value":1}]"#, nil),
      (["a": [1, 2]], #"[{"op":"replace","path":"/a/1","value":3}]"#, ["a": [1, 3]]),
      (["a": nil], #"[{"op":"test","path":"/a","value":null}]"#, ["a": nil]),
    ]
    for (document, patch, expected) in cases {
      let result = try? JSONPatch(try JSON.parse(patch)).apply(to: document)
      #expect(result == expected, "\(patch)")
    }
  }

  @Test("a patch that fails says which operation and why")
  func messages() throws {
    func message(_ patch: Value, _ document: Value) -> String {
      do throws(DocumentError) {
        _ = try JSONPatch(patch).apply(to: document)
        return ""
      } catch { return error.description }
    }
    #expect(
      message([["op": "add", "path": "/a", "value": 1], ["op": "test", "path": "/a", "value": 2]], [:])
        == "JSON Patch operation 1 (test): at \"/a\" there is 1, not 2")
    #expect(
      message([["op": "remove", "path": "/spec/x"]], ["spec": [:]])
        == "JSON Patch operation 0 (remove): path \"/spec/x\" does not exist: the object there has no member \"x\"")
    #expect(message([["op": "frob", "path": ""]], [:]).contains("unknown op \"frob\""))
    #expect(message([["op": "add", "path": "/a"]], [:]) == "JSON Patch operation 0: (add) needs a \"value\"")
    #expect(message(["a"], [:]).hasPrefix("JSON Patch operation 0: must be an object"))
    let doubling: Value = .array(
      [["op": "add", "path": "/a", "value": [1, 2]]]
        + (0..<60).map { _ in ["op": "copy", "from": "/a", "path": "/a/-"] })
    #expect(message(doubling, [:]).contains("copies more than"))
    let digging: Value = .array(
      (0..<300).map {
        [
          "op": "add", "path": .string(String(repeating: "/a", count: $0 + 1)), "value": [:],
        ]
      })
    #expect(message(digging, [:]).hasSuffix("nested deeper than 200 levels"))
    #expect(throws: DocumentError.self) {
      try JSONPatch(.array(Array(repeating: ["op": "remove", "path": "/a"], count: JSONPatch.operationLimit + 1)))
    }
  }
}
