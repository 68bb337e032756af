import Testing

@testable import HelmEngine

@Suite struct ManifestDocumentsTests {
  @Test(
    "a stream is cut at its document markers alone",
    arguments: [
      ("a: 1", ["a: 1"]),
      ("---\na: 1\n---\nb: 2\n", ["a: 1", "b: 2"]),
      ("a: 1\r\n---\r\nb: 2\r\n", ["a: 1", "b: 2"]),
      ("--- # first\na: 1", [" # first\na: 1"]),
      ("a: |\n  ---\n  x\n", ["a: |\n  ---\n  x"]),
      ("----\n", ["----"]),
      ("a: 1\n---", ["a: 1"]),
      ("\n---\n# nothing\n---\n  \n", []),
      ("", []),
    ])
  func split(text: String, documents: [String]) {
    #expect(ManifestDocuments.split(text) == documents)
  }

  @Test("a hook is what carries Helm's annotation, not what mentions it")
  func hooks() {
    #expect(ManifestDocuments.isHook("metadata:\n  annotations:\n    helm.sh/hook: test\n"))
    #expect(ManifestDocuments.isHook(#"{"metadata":{"annotations":{"helm.sh/hook":"test"}}}"#))
    #expect(!ManifestDocuments.isHook("metadata:\n  annotations:\n    text: helm.sh/hook is a hook\n"))
    #expect(!ManifestDocuments.isHook("metadata:\n  annotations:\n    helm.sh/hook-weight: \"1\"\n"))
  }
}

@Suite struct ByteSearchTests {
  @Test("bytes are found wherever they are, and nowhere else")
  func search() {
    for (text, isFound) in [
      ("${", true), ("x${y", true), ("$$${", true), ("x${", true), ("", false), ("$", false), ("{$", false),
      ("$x{$", false),
      (String(repeating: "$", count: 1000), false), (String(repeating: "é$", count: 1000) + "{", true),
    ] {
      #expect(ByteSearch.contains("${", in: text) == isFound, "\(text.prefix(20))")
    }
  }
}
