import Document
import Testing

@Suite("Label selector") struct LabelSelectorTests {
  @Test("kubectl's selector syntax selects what kubectl's would")
  func text() throws {
    let labels = ["env": "dev", "tier": "1", "empty": "", "app.kubernetes.io/name": "x"]
    let cases: [(String, Bool, String)] = [
      ("", true, ""), ("env=dev", true, "env=dev"), ("env==dev , tier = 1", true, "env=dev,tier=1"),
      ("env!=dev", false, "env!=dev"),
      ("nope!=dev", true, "nope!=dev"), ("env in (prod, dev)", true, "env in (dev,prod)"),
      ("env notin (prod,dev)", false, "env notin (dev,prod)"),
      ("nope notin (a)", true, "nope!=a"), ("env", true, "env"), ("!env", false, "!env"), ("! nope", true, "!nope"),
      ("nope", false, "nope"),
      ("tier>0", true, "tier>0"), ("tier<1", false, "tier<1"), ("env>0", false, "env>0"), ("empty=", true, "empty="),
      ("empty in ()", true, "empty="), ("env in (,dev)", true, "env in (,dev)"),
      ("app.kubernetes.io/name in (x),env", true, "app.kubernetes.io/name=x,env"),
      ("in in (in)", false, "in=in"), ("notin", false, "notin"),
    ]
    for (text, matches, canonical) in cases {
      let selector = try LabelSelector(parsing: text)
      #expect(selector.matches(labels) == matches, "\(text)")
      #expect(selector.description == canonical)
      #expect(try LabelSelector(parsing: canonical).matches(labels) == matches)
    }
    for text in [
      "=a", "a,", ",a", "a=b c", "a in", "a in x", "a in (x", "a frob (x)", "-a=b", "a=-b", "a>x", "a/b/c=d", "A_/x",
      "a=\(String(repeating: "x", count: 64))",
    ] {
      #expect(throws: DocumentError.self, "\(text)") { try LabelSelector(parsing: text) }
    }
  }

  @Test("the API's form is read strictly and written back")
  func value() throws {
    let value: Value = [
      "matchLabels": ["env": "dev"],
      "matchExpressions": [
        ["key": "tier", "operator": "In", "values": ["a", "b"]], ["key": "old", "operator": "DoesNotExist"],
      ],
    ]
    let selector = try LabelSelector(value)
    #expect(selector.value == value && selector.description == "!old,env=dev,tier in (a,b)")
    #expect(
      selector.matches(["env": "dev", "tier": "b"]) && !selector.matches(["env": "dev", "tier": "b", "old": ""]))
    #expect(try LabelSelector(nil).isEmpty && LabelSelector([:]).matches([:]))
    for wrong: Value in [
      ["matchLabel": ["a": "b"]], ["matchLabels": ["a": 1]], ["matchLabels": ["a b": "c"]], [1], "a=b",
      ["matchExpressions": [["key": "a", "operator": "Is", "values": ["b"]]]],
      ["matchExpressions": [["key": "a", "operator": "In"]]],
      ["matchExpressions": [["key": "a", "operator": "Exists", "values": ["b"]]]],
      ["matchExpressions": [["operator": "Exists"]]],
    ] {
      #expect(throws: DocumentError.self, "\(wrong)") { try LabelSelector(wrong) }
    }
  }
}
