import Fleet

/// What Kubernetes accepts as a label.
enum LabelSyntax {
  /// What is wrong with a label; nil when nothing is.
  static func problem(key: String, value: String) -> String? {
    let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.last.map(String.init) ?? ""
    if !isName(name) || (parts.count == 2 && !Names.isValidObjectName(String(parts[0]))) {
      return
        "the key '\(key.prefix(80))' is not a label key (an optional DNS prefix and /, then up to 63 of [A-Za-z0-9._-])"
    }
    if !value.isEmpty, !isName(value) {
      return
        "the value of '\(key)' is not a label value (up to 63 of [A-Za-z0-9._-], beginning and ending with a letter or digit)"
    }
    return nil
  }

  private static func isName(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
  }
}
