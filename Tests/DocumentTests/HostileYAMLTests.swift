import Document
import TestSupport
import Testing

/// YAML that was written to hurt its reader (notes/reliability.md, test 25): refused with a place, soon, or harmless.
@Suite("Hostile YAML") struct HostileYAMLTests {
  private static let million = 1 << 20

  static let refused: [(NamedText, DocumentError.Code)] = [
    (NamedText("a million documents", String(repeating: "---\n", count: million)), .limit),
    (NamedText("a million documents with something in them", String(repeating: "--- 1\n", count: million)), .limit),
    (
      NamedText("deep flow lists", String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)),
      .limit
    ),
    (NamedText("deep flow mappings", String(repeating: "{a: ", count: 10_000)), .limit),
    (NamedText("deep block mappings", (0..<1000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()), .limit),
    (NamedText("deep block lists", String(repeating: "- ", count: million)), .limit),
    (NamedText("deep keys", String(repeating: "? ", count: million)), .limit),
    (NamedText("keys in keys", String(repeating: "{? ", count: 10_000)), .limit),
    (NamedText("a level of nesting per comma", String(repeating: "[a,", count: million)), .limit),
    (NamedText("aliases by the million", "x: &x 1\ny: [" + String(repeating: "*x,", count: million) + "]"), .limit),
    (NamedText("anchors without an end", String(repeating: "&a ", count: million)), .syntax),
    (NamedText("tags without an end", String(repeating: "!a ", count: million)), .syntax),
    (NamedText("a tab for indentation", "a:\n" + String(repeating: "\t", count: million) + "b: 1"), .syntax),
    (NamedText("one key a million times", String(repeating: "a:\n", count: million)), .duplicateKey),
    (NamedText("a merge of nothing", "<<: 1\n"), .unsupported),
    (NamedText("an infinite number", "a: -.inf\n"), .unsupported),
    (NamedText("no number", "a: .NaN\n"), .unsupported),
    (NamedText("a list that holds itself", "a: &a [*a]\n"), .unsupported),
    (NamedText("a tag that does not fit", "a: !!float x\n"), .syntax),
    (NamedText("an unclosed quote", "a: \"" + String(repeating: "x", count: million)), .syntax),
    (NamedText("an unclosed list", "[" + String(repeating: "1,", count: 1000)), .syntax),
    (NamedText("an unknown alias", "a: *nobody\n"), .syntax),
    (NamedText("too many bytes", String(repeating: "#", count: DocumentLimits.default.bytes + 1)), .limit),
  ]

  @Test("is refused within a second, with line and column", arguments: refused)
  func refusal(hostile: NamedText, code: DocumentError.Code) {
    let bytes = Array(hostile.text.utf8)
    let elapsed = ProcessorTime.measure {
      #expect {
        try YAML.parse(bytes, file: "f.yaml")
      } throws: { error in
        guard let error = error as? DocumentError else { return false }
        return error.code == code && error.line > 0 && "\(error)".hasPrefix("f.yaml:")
      }
    }
    #expect(elapsed < .seconds(1), "\(hostile.name) took \(elapsed)")
  }

  @Test("bytes that are not UTF-8, or control characters, are refused")
  func encodings() {
    let texts: [[UInt8]] = [
      [0x61, 0x3A, 0x20, 0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x61, 0x3A, 0x20, 0x00], [0xFE, 0xFF, 0x00],
    ]
    for bytes in texts {
      #expect(throws: DocumentError.self) { try YAML.parse(bytes) }
    }
  }

  @Test("a scalar as long as the limit, comments alone, and a byte order mark are read within a second")
  func harmless() throws {
    let long = DocumentLimits.default.bytes - 8
    let texts = [
      "a: " + String(repeating: "x", count: long), "a: |\n" + String(repeating: " x\n", count: long / 3),
      "a: 'x" + String(repeating: "\n", count: long) + "'", String(repeating: "#\n", count: long / 2), "\u{FEFF}a: 1\n",
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      var documents: [Value] = []
      let elapsed = try ProcessorTime.measure { documents = try YAML.parse(bytes) }
      #expect(documents.count <= 1 && elapsed < .seconds(2), "\(text.prefix(10)) took \(elapsed)")
    }
  }

  @Test("values beyond the limit are refused before they are built, small ones too")
  func values() {
    let limit = 10_000
    for element in ["1,", "[],", "{},", "{a: 1},"] {
      let text = "[" + String(repeating: element, count: 400_000) + "]"
      let elapsed = ProcessorTime.measure {
        #expect { try YAML.parse(text, limits: DocumentLimits(nodes: limit)) } throws: { error in
          (error as? DocumentError)?.message.contains("\(limit) values") == true
        }
      }
      #expect(elapsed < .seconds(1), "\(element) took \(elapsed)")
    }
  }
}
