import Document
import Testing

@testable import Fleet

@Suite("Fields that differ, for people")
struct FieldDifferenceTests {
  private static let map = ObjectIdentity(apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: "m")
  private static let secret = ObjectIdentity(apiVersion: "v1", kind: "Secret", namespace: "n", name: "s")

  private static func shown(
    _ live: String, _ desired: String, of object: ObjectIdentity = map
  ) throws -> [String] {
    let trees = try [live, desired].map { try JSON.parse($0) }
    return FieldDifference.all(from: trees[0], to: trees[1], of: object).fields.map { field in
      field.lines.isEmpty ? "\(field.path): \(field.live) -> \(field.desired)" : "\(field.path):\n\(field.lines)"
    }
  }

  @Test(
    "every field that differs is named with both values, elements of lists by what names them",
    arguments: [
      (#"{"a":1}"#, #"{"a":1}"#, []),
      (#"{"spec":{"replicas":5}}"#, #"{"spec":{"replicas":3}}"#, ["spec.replicas: 5 -> 3"]),
      (#"{"a":{"x.y/z":"1"}}"#, #"{"a":{"b":{"c":2}}}"#, [#"a.b:  -> {"c":2}"#, #"a["x.y/z"]: "1" -> "#]),
      (
        #"{"c":[{"name":"web","image":"a"},{"name":"side","image":"s"}]}"#,
        #"{"c":[{"name":"side","image":"s"},{"name":"web","image":"b"},{"name":"new"}]}"#,
        [#"c[name=web].image: "a" -> "b""#, #"c[name=new]:  -> {"name":"new"}"#]
      ),
      (#"{"c":[{"name":"a"},{"name":"b"}]}"#, #"{"c":[{"name":"b"},{"name":"a"}]}"#, [#"c: ["a","b"] -> ["b","a"]"#]),
      (#"{"p":[{"port":80,"x":1}]}"#, #"{"p":[{"port":80,"x":2}]}"#, ["p[port=80].x: 1 -> 2"]),
      (
        #"{"r":[{"verbs":["get"]}]}"#, #"{"r":[{"verbs":["get","list"]}]}"#, [#"r[0].verbs: ["get"] -> ["get","list"]"#]
      ),
      (#"{"r":[{"v":1},{"v":1}]}"#, #"{"r":[{"v":1}]}"#, [#"r[1]: {"v":1} -> "#]),
      (#"{"args":["a","b"]}"#, #"{"args":["a"]}"#, [#"args: ["a","b"] -> ["a"]"#]),
    ] as [(String, String, [String])])
  func fields(_ live: String, _ desired: String, _ expected: [String]) throws {
    #expect(try Self.shown(live, desired) == expected)
  }

  @Test(
    "no value of a Secret is shown, wherever the difference begins",
    arguments: [
      (#"{"data":{"p":"c2VjcmV0"}}"#, #"{"data":{"p":"b3RoZXI="}}"#, [#"data.p: "(hidden)" -> "(hidden)""#]),
      (#"{}"#, #"{"data":{"p":"c2VjcmV0"}}"#, [#"data:  -> {"p":"(hidden)"}"#]),
      (#"{"stringData":{"p":"secret\nsecret"}}"#, #"{}"#, [#"stringData: {"p":"(hidden)"} -> "#]),
      (#"{"data":"secret"}"#, #"{"data":{}}"#, [#"data: "(hidden)" -> {}"#]),
      (
        #"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"secret","a":"b"}}}"#, #"{}"#,
        [#"metadata: {"annotations":{"a":"b","kubectl.kubernetes.io/last-applied-configuration":"(hidden)"}} -> "#]
      ),
      (#"{"type":"Opaque"}"#, #"{"type":"x"}"#, [#"type: "Opaque" -> "x""#]),
    ] as [(String, String, [String])])
  func secrets(_ live: String, _ desired: String, _ expected: [String]) throws {
    #expect(try Self.shown(live, desired, of: Self.secret) == expected)
  }

  @Test("texts of several lines differ by their lines, with three around them")
  func lines() throws {
    let old = (1...12).map { "line \($0)" }.joined(separator: "\n") + "\n"
    let new = old.replacing("line 6\n", with: "line six\nline six and a half\n")
    let found = FieldDifference.all(
      from: ["data": ["conf": .string(old)]], to: ["data": ["conf": .string(new)]], of: Self.map)
    #expect(found.fields.map(\.path) == ["data.conf"])
    #expect(
      found.fields[0].lines == """
        @@ -3,7 +3,8 @@
         line 3
         line 4
         line 5
        -line 6
        +line six
        +line six and a half
         line 7
         line 8
         line 9

        """)
    let both = LineDifference.hunks(
      from: old, to: old.replacing("line 1\n", with: "").replacing("line 12\n", with: "end\n"))
    #expect(both.split(separator: "\n").filter { $0.hasPrefix("@@") } == ["@@ -1,4 +1,3 @@", "@@ -9,4 +8,4 @@"])
    #expect(LineDifference.hunks(from: "a\nb\n", to: "a\nb") == "")
  }

  @Test("fields, values and lines have limits, and what is beyond is counted or shortened")
  func limits() throws {
    let live = Dictionary(uniqueKeysWithValues: (0...Limits.differingFields).map { ("k\($0)", Value.integer(1)) })
    let found = FieldDifference.all(from: .object(live), to: [:], of: Self.map)
    #expect(found.fields.count == Limits.differingFields && found.leftOut == 1)

    let fits = String(repeating: "x", count: Limits.fieldValueBytes - 2)
    for (text, isWhole) in [(fits, true), (fits + "x", false)] {
      let field = try #require(FieldDifference.all(from: ["a": .string(text)], to: [:], of: Self.map).fields.first)
      #expect(field.live.utf8.count <= Limits.fieldValueBytes && (field.live == "\"\(text)\"") == isWhole)
    }
    let many = (0...Limits.comparedLines).map { "line \($0) of a long text\n" }.joined()
    let cut = LineDifference.hunks(from: many, to: many.replacing("line", with: "row"))
    #expect(cut.utf8.count <= Limits.fieldLinesBytes + 1024 && cut.hasSuffix(" more lines here)\n"))
  }
}
