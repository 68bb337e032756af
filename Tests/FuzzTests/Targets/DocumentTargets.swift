import Document

/// JSON and YAML, from git, from the API and from agents.
enum DocumentTargets {
  static let all = [json, yaml, base64]

  private static let json = FuzzTarget(
    name: "json", form: .text,
    seeds: [
      #"{"a":[1,-2.5e3,true,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":{}},"d":9223372036854775807}"#, "[[[[[[1]]]]]]", "0",
    ].map { Array($0.utf8) },
    dictionary: ["\\u", "\\ud800", "1e999", "-0", "18446744073709551616", "[[[[", "{\"\":", "\u{FEFF}", "null", "\\"]
  ) { bytes in
    let value = try JSON.parse(bytes)
    for pretty in [false, true] {
      let text = JSON.encode(value, pretty: pretty)
      let again = try accepted("JSON that was read and written") { try JSON.parse(text) }
      // A number that is not finite is written null, so what is compared is the second writing.
      try promise(JSON.encode(again) == JSON.encode(value), "JSON changes when it is written and read")
    }
  }

  private static let yaml = FuzzTarget(
    name: "yaml", form: .text,
    seeds: [
      "a: 1\nb: [x, 'y', \"z\\t\"]\nc:\n- d: |\n    text\n    more\n- &anchor {e: f}\n- *anchor\n",
      "---\nkind: ConfigMap\n---\n# comment\n? complex\n: >-\n  folded\n...\n",
      "a: 0x1F\nb: 1_000\nc: ~\nd: .inf\n<<: {e: 1}\n",
    ].map { Array($0.utf8) },
    dictionary: [
      "&a ", "*a", "<<: ", "- ", ": ", "|\n", ">+\n", "? ", "!!binary ", "!!str ", "%YAML 1.1\n", "---\n", "...\n",
      "\t",
      "\u{FEFF}", "'", "\"", "{", "[", "#", "\\x", "0o7", "1e3", "yes", "\u{85}", "\u{2028}",
    ]
  ) { bytes in
    let documents = try YAML.parse(bytes)
    let text = YAML.emit(documents)
    let again = try accepted("YAML that was read and written") { try YAML.parse(text) }
    try promise(
      again.map { JSON.encode($0) } == documents.map { JSON.encode($0) },
      "YAML changes when it is written and read: \(text.prefix(300))")
  }

  private static let base64 = FuzzTarget(
    name: "base64", form: .text, seeds: [Array("aGVsbG8=".utf8), Array("AAECAwQF".utf8)],
    dictionary: ["=", "==", "\n", "-"]
  ) { bytes in
    guard let decoded = Base64.decode(String(decoding: bytes, as: UTF8.self)) else { return }
    try promise(Base64.decode(Base64.encode(decoded)) == decoded, "base64 changes when it is written and read")
  }
}
