import TestSupport
import Testing

@testable import Fleet

@Suite("Regular expressions")
struct RegularExpressionTests {
  @Test(
    "match from the beginning as Go's do",
    arguments: [
      ("", "anything", true), ("abc", "abcdef", true), ("abc", "xabc", false), ("b|a", "abc", true),
      ("^abc$", "abc", true), ("^abc$", "abcd", false), ("a.c", "abc", true), ("a.c", "a\nc", false),
      ("(?s)a.c", "a\nc", true), ("a*b", "aaab", true), ("a+b", "b", false), ("a?b", "b", true),
      ("a{2,3}$", "aa", true),
      ("a{2,3}$", "aaaa", false), ("a{2,}$", "aaaaaa", true), ("a{2}$", "aaa", false), ("a{,2}", "a{,2}", true),
      ("[a-c]+$", "abcab", true), ("[^a-c]", "d", true), ("[^a-c]", "a", false), ("[]a]", "]", true),
      ("[a-]", "-", true),
      ("[\\d-]+$", "1-2", true), ("[[:alpha:]]+$", "abC", true), ("[[:^digit:]]", "5", false),
      ("\\d\\w\\s", "1a ", true),
      ("\\D\\W\\S", "a-b", true), ("\\x41\\x{1F600}", "A\u{1F600}", true), ("\\.", ".", true), ("\\.", "x", false),
      ("(?i)HTTPS", "https", true), ("(?i)stra\u{DF}e", "STRA\u{DF}E", true), ("a(?i:b)c", "aBc", true),
      ("a(?i:b)c", "aBC", false), ("(?i)a(?-i)b", "Ab", true), ("(?i)a(?-i)b", "AB", false), ("(?:ab)+$", "abab", true),
      ("(?P<n>a)(?<m>b)", "ab", true), ("a\\b", "a-", true), ("a\\b", "ab", false), ("a\\Bb", "ab", true),
      ("\\Aab\\z", "ab", true), ("\\Qa.b\\E", "a.b", true), ("\\Qa.b\\E", "axb", false), ("a*?b", "aab", true),
      ("(?m)a$", "a\nb", true), ("a$", "a\nb", false), ("(a|b)*c", "ababc", true), ("(|a)+b", "aab", true),
      ("(a*)*b", "aaac", false), ("https://(charts|helm)\\.example\\.com/", "https://helm.example.com/x", true),
      ("\u{E9}", "\u{E9}", true), ("x{0}y", "y", true),
    ])
  func matches(pattern: String, text: String, expected: Bool) throws {
    #expect(try RegularExpression(pattern).matchesPrefix(of: text) == expected)
  }

  @Test(
    "what is none is refused with a reason",
    arguments: [
      "(", ")", "[", "[a", "a**", "a{2}{3}", "*", "+a", "?", "{2}", "\\", "\\q", "(?=a)", "(?<!a)", "(?P=n)", "[z-a]",
      "[[:nope:]]", "a{3,2}", "a{5000}", "\\x4", "\\x{110000}", "\\p{L}", "(?P<a", "(?z)", "(?i", "a(b", "\\1",
    ])
  func refuses(pattern: String) {
    #expect { try RegularExpression(pattern) } throws: { error in
      guard let error = error as? FleetError else { return false }
      return error.code == .invalidField && error.message.hasPrefix("is not a regular expression: ")
    }
  }

  @Test("no expression makes matching slow, and sizes are limited")
  func bounded() throws {
    let text = String(repeating: "a", count: 20_000) + "!"
    let slow = ["(a+)+$", "(a|a)*$", "(a*)*(a*)*$", "(.*)(.*)(.*)(.*)x", "(a?){50}a{50}$"]
    let expressions = try slow.map { try RegularExpression($0) }
    let elapsed = ProcessorTime.measure {
      for expression in expressions { #expect(!expression.matchesPrefix(of: text)) }
    }
    #expect(elapsed < .seconds(5))
    func code(_ pattern: String) -> FleetError.Code? {
      do throws(FleetError) {
        _ = try RegularExpression(pattern)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code(String(repeating: "a", count: Limits.regexBytes)) == nil)
    #expect(code(String(repeating: "a", count: Limits.regexBytes + 1)) == .limitExceeded)
    #expect(code("((a{100}){100}){100}") == .limitExceeded)
    #expect(code(String(repeating: "(", count: 400) + String(repeating: ")", count: 400)) == .invalidField)
  }
}
