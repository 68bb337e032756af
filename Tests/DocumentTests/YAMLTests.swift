import Document
import Foundation
import Testing

@Suite("YAML") struct YAMLTests {
  @Test("every scalar, tag, key and merge is read as kubectl reads it")
  func vectors() throws {
    #expect(KubectlVectors.all.count > 240)
    for vector in KubectlVectors.all {
      // The vectors were recorded with duplicate keys allowed, as kubectl has it.
      let found = try? YAML.parse("spec: " + vector.yaml, duplicateKeys: .lastWins).first?["spec"]
      let expected = try vector.json.map { try JSON.parse($0) }
      #expect(found == expected, "\(vector.yaml)")
    }
  }

  @Test("the recorded vectors are what the kubectl on this machine does", .enabled(if: Kubectl.isThere))
  func kubectl() async throws {
    let vectors = KubectlVectors.all.filter { $0.json != nil && !$0.yaml.contains("&") && !$0.yaml.hasSuffix("\n") }
    let stream = vectors.map {
      "apiVersion: x.io/v1\nkind: Foo\nmetadata: {name: a}\nspec: \($0.yaml)"
    }
    let output = try await Kubectl.run(
      ["annotate", "--local", "-f", "-", "-o", "jsonpath={.spec}{\"\\n\"}", "x=y"], stream[0])
    #expect(output == "true\n")
    let all = try await Kubectl.run(
      ["annotate", "--local", "-f", "-", "-o", "json", "x=y"], stream.joined(separator: "\n---\n"))
    // kubectl prints one object after the other; each closes with a brace in the first column.
    let objects = all.components(separatedBy: "\n}\n").dropLast().map { $0 + "\n}" }
    #expect(objects.count == vectors.count)
    for (text, vector) in zip(objects, vectors) {
      let object = try JSON.parse(text)
      let ours = try YAML.parse("spec: " + vector.yaml, duplicateKeys: .lastWins).first?["spec"]
      #expect(object["spec"] == ours, "\(vector.yaml)")
    }
  }

  @Test("kubectl reads back what is emitted, and emits the same text", .enabled(if: Kubectl.isThere))
  func emitsAsKubectl() async throws {
    let strings: [Value] = [
      "a\nb", "a\nb\n", "  lead\nx", "trail \nx", "", "y", "2001-01-01", "1:30", "a: b", "# x", " x", "x ",
      "\u{1F600}é", "-",
      "- a", "a\tb", "\n", "a\n\n", "*x", "%d", "{{ x }}", "1e3", "it's: ", "=", "null", "~", "0x1F", "a\r\nb", "a\0",
      "1_000", "2001-13-45", "?", "!x", "a #b", "@a", "a\n b\n", "\n a", "x\n\n\ny", "no", ".5", "[", "{a}", "a,b",
      "true",
      .string(String(repeating: "long words ", count: 30)), "x: |\n  y\n", "--- x", "...", "key:", ":", "a:b", "`",
      "'q'", "\"q\"",
    ]
    let spec: Value = [
      "strings": .array(strings), "numbers": [1234567.5, 1e21, 1e-7, 0.00001234, 1e300, -3, 0.1],
      "empty": [[:], [], nil],
      "nested": [[1, [2]], ["a": 1, "b": ["c", "d"]]], "true": true, "1": "one", "a b": 1, "x: y": 2, "multi\nline": 3,
    ]
    let object: Value = [
      "apiVersion": "x.io/v1", "kind": "Foo", "metadata": ["name": "a", "labels": [:]], "spec": spec,
    ]
    let text = YAML.emit(object)
    let arguments = ["label", "--local", "-f", "-", "x-"]
    let json = try await Kubectl.run(arguments + ["-o", "json"], text)
    let read = try JSON.parse(json)
    #expect(read == object)
    let emitted = try await Kubectl.run(arguments + ["-o", "yaml"], text)
    #expect(emitted == text)
  }

  @Test("random trees survive being emitted and read again")
  func roundTrip() throws {
    for seed in UInt64(1)...400 {
      var random = SplitMix(seed: seed)
      let value = RandomValue.make(&random, depth: 4)
      let text = YAML.emit(value)
      let documents = try YAML.parse(text, file: "seed \(seed)")
      #expect(documents == (value.isNull ? [] : [value]), "seed \(seed):\n\(text)")
    }
  }

  @Test("a stream's documents come in order, without the empty ones")
  func streams() throws {
    let text = "\u{FEFF}# first\n---\na: 1\n---\n---\n# nothing\n---\nnull\n...\n--- !!map\nb: 2\n--- text\n"
    #expect(try YAML.parse(text) == [["a": 1], ["b": 2], "text"])
    #expect(try YAML.parse("") == [])
    #expect(try YAML.parse("%YAML 1.1\n---\na: 1\n") == [["a": 1]])
    #expect(YAML.emit([["a": 1], [2]] as [Value]) == "a: 1\n---\n- 2\n")
    #expect(try YAML.parse([0xFF, 0xFE, 0x61, 0, 0x3A, 0, 0x20, 0, 0x31, 0]) == [["a": 1]])
  }

  @Test("errors say file, line and column")
  func errors() {
    func error(_ text: String) -> DocumentError? {
      do throws(DocumentError) {
        _ = try YAML.parse(text, file: "f.yaml")
        return nil
      } catch { return error }
    }
    let cases: [(String, Int, Int, DocumentError.Code)] = [
      ("a: 1\nb: 2\na: 3\n", 3, 1, .duplicateKey), ("a: [1, 2\n", 2, 1, .syntax), ("a: 1\n\tb: 2\n", 2, 1, .syntax),
      ("a: b: c\n", 1, 5, .syntax), ("a: *x\n", 1, 4, .syntax), ("a: &x [*x]\n", 1, 8, .unsupported),
      ("? [a]\n: 1\n", 1, 3, .unsupported), ("a: .nan\n", 1, 4, .unsupported),
      ("{1: a, \"1\": b}", 1, 8, .duplicateKey),
      ("{y: 1, true: 2}", 1, 8, .duplicateKey), ("<<: 1\n", 1, 5, .unsupported), ("a: !!int x\n", 1, 4, .syntax),
      ("a: \u{7}\n", 1, 4, .syntax), ("x:\n - a\n- b\n", 3, 1, .syntax),
    ]
    for (text, line, column, code) in cases {
      let found = error(text)
      #expect(
        found?.line == line && found?.column == column && found?.code == code, "\(text) -> \(String(describing: found))"
      )
      #expect(found?.description.hasPrefix("f.yaml:\(line):\(column): ") == true)
    }
    #expect(throws: DocumentError.self) { try YAML.parse([0x61, 0x3A, 0x20, 0xFF]) }
  }

  @Test("a merged key may be set again, and a written one not")
  func mergeKeys() throws {
    let merged: Value = ["a": 3, "b": 2]
    let documents = try YAML.parse("x: &x {a: 1, b: 2}\nd: {<<: *x, a: 3}")
    #expect(documents == [["x": ["a": 1, "b": 2], "d": merged]])
    #expect(throws: DocumentError.self) { try YAML.parse("{a: 1, <<: {a: 2}, a: 3}") }
  }

  @Test("each limit takes what reaches it and refuses one more")
  func limits() throws {
    func accepts(_ text: String, _ limits: DocumentLimits) -> Bool {
      do throws(DocumentError) {
        _ = try YAML.parse(text, limits: limits)
        return true
      } catch {
        #expect(error.code == .limit, "\(error)")
        return false
      }
    }
    #expect(accepts("[[1]]", .init(depth: 2)) && !accepts("[[[1]]]", .init(depth: 2)))
    #expect(accepts("a: &x [1]\nb: [*x]", .init(depth: 3)) && !accepts("a: &x [1]\nb: [[*x]]", .init(depth: 3)))
    #expect(accepts("abc", .init(bytes: 3)) && !accepts("abcd", .init(bytes: 3)))
    #expect(accepts("[1, 2]", .init(nodes: 3)) && !accepts("[1, 2, 3]", .init(nodes: 3)))
    #expect(accepts("{a: 1, b: 2}", .init(nodes: 3)) && !accepts("{a: 1, b: 2, c: 3}", .init(nodes: 3)))
    #expect(accepts("1\n--- 2\n", .init(documents: 2)) && !accepts("1\n--- 2\n---\n", .init(documents: 2)))
    #expect(accepts("[&a [1], *a]", .init(aliasNodes: 2)) && !accepts("[&a [1], *a, *a]", .init(aliasNodes: 2)))
    #expect(accepts("[&a abc, *a]", .init(aliasBytes: 3)) && !accepts("[&a abc, *a, *a]", .init(aliasBytes: 3)))
  }

  @Test("a document of exponential aliases is refused at once")
  func bomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...60 {
      let alias = "*a\(level - 1)"
      text += "a\(level): &a\(level) [" + repeatElement(alias, count: 10).joined(separator: ", ") + "]\n"
    }
    let merges =
      "a: &a {" + (0..<1000).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
      + (0..<1000).map { "m\($0): {<<: *a}\n" }.joined()
    let long = "a: &a \(String(repeating: "x", count: 1 << 20))\n" + (0..<100).map { "k\($0): *a\n" }.joined()
    let clock = ContinuousClock()
    let duration = clock.measure {
      for text in [text, merges, long] {
        #expect(throws: DocumentError.self) { try YAML.parse(text) }
      }
    }
    #expect(duration < .seconds(5))
  }
}
