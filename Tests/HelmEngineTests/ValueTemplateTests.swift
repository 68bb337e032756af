import Document
import Testing

@testable import HelmEngine

/// What value templates give, evaluated by Helm's engine in a child.
@Suite struct ValueTemplateTests {
  static let context: Value = [
    "ClusterName": "edge-1", "ClusterNamespace": "fleet-default",
    "ClusterLabels": ["env": "dev", "a.b/c": "dotted", "include": "yes"],
    "ClusterAnnotations": ["note": "a \"quoted\" one"],
    "ClusterValues": ["replicas": 3, "hosts": ["a", "b"], "nothing": nil],
  ]

  static let results: [(template: String, text: String)] = [
    ("plain: text", "plain: text"),
    ("name: ${ .ClusterName }", "name: edge-1"),
    ("name: ${.ClusterName}${.ClusterNamespace}", "name: edge-1fleet-default"),
    ("${ with .ClusterLabels }${ .env } in ${ $.ClusterName }${ end }", "dev in edge-1"),
    ("${ range .ClusterValues.hosts }${ . }@${ $.ClusterName };${ end }", "a@edge-1;b@edge-1;"),
    (#"${ index .ClusterLabels "a.b/c" }"#, "dotted"),
    ("${ get .ClusterLabels \"missing\" | default \"none\" }", "none"),
    ("${ .ClusterLabels.include }", "yes"),
    // Sprig.
    (#"${ .ClusterName | upper | trimSuffix "-1" | quote }"#, #""EDGE""#),
    (#"${ list 1 2 3 | join "," } ${ add 1 2 } ${ dict "a" 1 | toJson }"#, #"1,2,3 3 {"a":1}"#),
    (#"${ fromJson "[1,2]" | last } ${ ternary "x" "y" true }"#, "2 x"),
    ("${ .ClusterAnnotations.note | quote }", #""a \"quoted\" one""#),
    // The end of an action, where braces are not it.
    (#"${ "}" }${ "a}b\"}" }${ `}` }${ printf "%c" '}' }"#, #"}a}b"}}}"#),
    ("${/* a } comment */}x${- /* another */ -} y", "xy"),
    ("${ .ClusterName }}", "edge-1}"),
    ("{${ .ClusterName }", "{edge-1"),
    ("$${ .ClusterName }$", "$edge-1$"),
    ("\\${ .ClusterName }", "\\edge-1"),
    // Helm's own delimiters are text.
    ("{{ .Values.x }} {{{{ }} }}}}${ .ClusterName }{{- {{{", "{{ .Values.x }} {{{{ }} }}}}edge-1{{- {{{"),
    (#"${ "{{ x }}" }{{/* ${ 1 } */}}"#, "{{ x }}{{/* 1 */}}"),
    ("a  ${- 1 -}  b ${- 2 }  {{ ${- 3 -}  {{ x", "a1b2  {{3{{ x"),
    // Definitions, variables, control.
    (#"${ define "t" }<${ . }>${ end }${ template "t" .ClusterName }"#, "<edge-1>"),
    (#"${ block "b" 1 }[${ . }]${ end }"#, "[1]"),
    (#"${ $env := .ClusterLabels.env }${ if eq $env "dev" }yes${ else }no${ end }"#, "yes"),
    ("${ range $i, $h := .ClusterValues.hosts }${ if $i }${ break }${ end }${ $h }${ end }", "a"),
    // As Go writes what is null, and what has no value: Helm would take it out of the text.
    ("${ .ClusterValues.nothing } <no value>", "<no value> <no value>"),
    ("${ .ClusterValues.replicas }", "3"),
    ("ümläut ${ \"é}\" } ${ len \"日本\" }", "ümläut é} 6"),
    ("line ${\n .ClusterName\n}", "line edge-1"),
  ]

  @Test("a template gives what Go's engine with the delimiters ${ and } gives")
  func rendering() async throws {
    try await withWorkers { workers in
      for (template, text) in Self.results {
        let rendered = try await workers.renderValues(template, context: Self.context)
        #expect(rendered == text, "\(template)")
      }
    }
  }

  static let failures: [(template: String, message: String)] = [
    (
      "a: 1\nb: ${ .ClusterLabels.nope }",
      "line 2, column 21: map has no entry for key \"nope\", at .ClusterLabels.nope"
    ),
    ("{{ x }} {{ y }}\n\n{{ ${ .Nope }", "line 3, column 7: map has no entry for key \"Nope\""),
    ("${ .ClusterName.x }", "line 1, column 16: can't evaluate field x in type interface {}"),
    ("a\n${ nosuch }", "line 2: function \"nosuch\" not defined"),
    ("a\n${ 1\n }${\n .b`", "line 4: bad character U+0060 '`' in action started at line 3"),
    ("${ if true }", "line 1: unexpected EOF"),
    ("a\nb ${ .ClusterName", "line 2: unclosed action"),
    ("${ \"open }", "line 1: unterminated quoted string"),
    ("${ ( 1 }", "line 1: unclosed left paren"),
    ("${ {} }", "line 1: unexpected \"{\""),
    ("x\n  ${ fail \"no luck here\" }", "line 2, column 6: no luck here"),
    ("${ required \"set it\" .ClusterValues.nothing }", "line 1, column 4: set it"),
    (
      "${ define \"t\" }\n${ .x }${ end }${ template \"t\" .ClusterLabels }",
      "line 2, column 4: map has no entry for key \"x\""
    ),
    ("${ template \"absent\" }", "line 1, column 13: template \"absent\" not defined, at ${template \"absent\"}"),
    ("${ fromJson \"{\" }", "error calling fromJson"),
    ("{{ ${ fromJson \"{}\" }${ .x }", "line 1, column 25: map has no entry"),
  ]

  @Test("a failure names line, column and reason in the author's own text")
  func failing() async throws {
    try await withWorkers { workers in
      for (template, message) in Self.failures {
        let error = await #expect(throws: HelmError.self, "\(template)") {
          _ = try await workers.renderValues(template, context: Self.context)
        }
        #expect(error?.code == .renderFailed)
        #expect(error?.message.contains(message) == true, "\(template) gave: \(error?.message ?? "")")
        #expect(error?.message.contains("{{") == false && error?.message.contains("_text") == false)
      }
    }
  }

  @Test("functions that read anything but the context are refused", arguments: ValueTemplate.refusedFunctions.sorted())
  func refusal(function: String) async throws {
    for template in [
      "a\n${ \(function) \"x\" }", "a\n${ \"x\" | \(function) }", "a\n${ if (\(function) \"x\") }${ end }",
    ] {
      let error = #expect(throws: HelmError.self) { try ValueTemplate(template) }
      #expect(error?.message.contains("value template, line 2, column ") == true)
      #expect(error?.message.contains("the function \"\(function)\" is not available") == true)
    }
    // A field, a variable, a string, a comment or text of that name is nobody's function.
    _ = try ValueTemplate(
      "\(function) ${ .\(function) }${ $\(function) := \"\(function)\" }${ `\(function)` }${/* \(function) */}${ (dict).\(function) }"
    )
  }

  @Test("a template at the limit of its length is taken, and one byte more is not")
  func length() throws {
    let text = String(repeating: "x", count: Limits.valueTemplateBytes)
    #expect(try ValueTemplate(text).exchanged == text)
    let error = #expect(throws: HelmError.self) { try ValueTemplate(text + "x") }
    #expect(error?.code == .invalidValues)
  }
}
