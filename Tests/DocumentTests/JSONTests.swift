import Document
import Testing

@Suite("JSON") struct JSONTests {
  @Test("numbers are read and written as Go's encoding/json does")
  func numbers() throws {
    let cases: [(String, Value, String)] = [
      ("0", 0, "0"), ("-0", 0, "0"), ("9223372036854775807", .integer(.max), "9223372036854775807"),
      ("-9223372036854775808", .integer(.min), "-9223372036854775808"),
      ("999999999999999999", 999_999_999_999_999_999, "999999999999999999"),
      ("9223372036854775808", .number(0x1p63), "9223372036854776000"), ("1.0", 1, "1"), ("1e3", 1000, "1000"),
      ("-0.0", 0, "0"), ("1.5", 1.5, "1.5"), ("1e20", .number(1e20), "100000000000000000000"),
      ("1e21", .number(1e21), "1e+21"),
      ("0.000001", .number(1e-6), "0.000001"), ("1E-7", .number(1e-7), "1e-7"),
      ("1.25e-10", .number(1.25e-10), "1.25e-10"),
      ("0.1", 0.1, "0.1"), ("123456789.125", 123456789.125, "123456789.125"),
      ("5e-324", .number(.leastNonzeroMagnitude), "5e-324"),
      ("1.7976931348623157e308", .number(.greatestFiniteMagnitude), "1.7976931348623157e+308"),
      ("-2.5e+2", -250, "-250"),
    ]
    for (text, value, written) in cases {
      let read = try JSON.parse(text)
      #expect(read == value, "\(text)")
      #expect(JSON.string(read) == written, "\(text)")
    }
  }

  @Test("strings keep every character, and what is no character becomes U+FFFD")
  func strings() throws {
    let escaped = #""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u2028\u0000\ud800x\udc00""#
    let read = try JSON.parse(escaped)
    #expect(read == "\"\\/\u{8}\u{C}\n\r\tAé\u{1F600}\u{2028}\0\u{FFFD}x\u{FFFD}")
    #expect(JSON.string(read) == "\"\\\"\\\\/\\b\\f\\n\\r\\tAé\u{1F600}\\u2028\\u0000\u{FFFD}x\u{FFFD}\"")
    #expect(try JSON.parse([0x22, 0xFF, 0x22]) == "\u{FFFD}")
    #expect(try JSON.parse([0xEF, 0xBB, 0xBF, 0x31]) == 1)
    #expect(JSON.string("<&>\u{7F}€") == "\"<&>\u{7F}€\"")
  }

  @Test("keys are sorted by bytes, the last of repeated ones wins, and pretty text indents by two")
  func objects() throws {
    let value = try JSON.parse(#" { "b" : [ ] , "a":{}, "B":null, "b" : [1,{"x":true}] } "#)
    #expect(JSON.string(value) == #"{"B":null,"a":{},"b":[1,{"x":true}]}"#)
    let pretty = "{\n  \"B\": null,\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"x\": true\n    }\n  ]\n}"
    #expect(JSON.string(value, pretty: true) == pretty)
    // In UTF-8, unlike UTF-16, U+FF5E comes before U+1F600.
    #expect(JSON.string(["\u{1F600}": 1, "\u{FF5E}": 2]) == "{\"\u{FF5E}\":2,\"\u{1F600}\":1}")
  }

  @Test("what is encoded holds hardly more memory than it has bytes, since many documents are kept")
  func encodesWithoutRoom() {
    for count in [10, 600, 1_100, 5_000] {
      let bytes = JSON.encode(["text": .string(String(repeating: "x", count: count))])
      #expect(bytes.capacity - bytes.count <= 256, "\(bytes.capacity) for \(bytes.count)")
    }
  }

  @Test("what is not JSON is refused with line and column")
  func errors() {
    let cases: [(String, Int, Int)] = [
      ("", 1, 1), ("nul", 1, 1), ("[1,]", 1, 4), ("{\"a\":1,}", 1, 8), ("{a:1}", 1, 2), ("[1 2]", 1, 4), ("01", 1, 2),
      ("-", 1, 2),
      ("1.", 1, 3), ("1e", 1, 3), (".5", 1, 1), ("+1", 1, 1), ("\"a", 1, 3), ("\"\\x\"", 1, 3), ("\"\\u12g4\"", 1, 4),
      ("\"\n\"", 1, 2),
      ("1 1", 1, 3), ("{\n\"a\": [\n  tru]}", 3, 3), ("1e400", 1, 1), ("NaN", 1, 1), ("'a'", 1, 1), ("{\"a\"}", 1, 5),
      ("[", 1, 2),
      ("{\"a\":", 1, 6), ("\"\\", 1, 2), ("\"\\ud83d\\u", 1, 8), ("// x", 1, 1),
    ]
    for (text, line, column) in cases {
      do throws(DocumentError) {
        _ = try JSON.parse(text, file: "f.json")
        Issue.record("\(text) was accepted")
      } catch {
        #expect(error.code == .syntax && (error.line, error.column) == (line, column), "\(text) -> \(error)")
      }
    }
  }

  @Test("each limit takes what reaches it and refuses one more")
  func limits() throws {
    func refusal(_ text: String, _ limits: DocumentLimits) -> DocumentError.Code? {
      do throws(DocumentError) {
        _ = try JSON.parse(text, limits: limits)
        return nil
      } catch { return error.code }
    }
    #expect(refusal("[[1]]", .init(depth: 2)) == nil && refusal("[{\"a\":[]}]", .init(depth: 2)) == .limit)
    #expect(refusal("123", .init(bytes: 3)) == nil && refusal("1234", .init(bytes: 3)) == .limit)
    #expect(refusal("[1,2]", .init(nodes: 3)) == nil && refusal("[1,2,3]", .init(nodes: 3)) == .limit)
    #expect(refusal(String(repeating: "[", count: 1_000_000), .default) == .limit)
  }

  @Test("random trees survive being written and read again, and damaged texts never crash the reader")
  func roundTrip() throws {
    for seed in UInt64(1)...500 {
      var random = SplitMix(seed: seed)
      let value = RandomValue.make(&random, depth: 4)
      var bytes = JSON.encode(value, pretty: seed % 2 == 0)
      #expect(try JSON.parse(bytes) == value, "seed \(seed)")
      for _ in 0..<5 where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        _ = try? JSON.parse(bytes)
        _ = try? YAML.parse(bytes)
      }
    }
  }
}
