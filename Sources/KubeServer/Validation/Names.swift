import Document

/// The forms of names in Kubernetes (apimachinery's `validation` package).
enum Names {
  static let labelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  static let subdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    + "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  static let qualifiedText =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  static let labelValueText =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    + "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

  /// What is wrong with an object name; nil if nothing.
  static func problem(of name: String, rule: ResourceKind.NameRule) -> String? {
    switch rule {
    case .label:
      if name.utf8.count > 63 { return "must be no more than 63 bytes" }
      return isLabel(name.utf8) ? nil : labelText
    case .subdomain:
      if name.utf8.count > 253 { return "must be no more than 253 bytes" }
      return isSubdomain(name) ? nil : subdomainText
    }
  }

  /// What is wrong with a label key or finalizer: an optional DNS prefix and a name of at most 63 characters.
  static func problem(ofQualified key: String) -> String? {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.last else {
      return "a qualified name must consist of an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
    }
    if parts.count == 2 {
      if parts[0].isEmpty { return "prefix part must be non-empty" }
      if parts[0].utf8.count > 253 || !isSubdomain(String(parts[0])) { return "prefix part \(subdomainText)" }
    }
    if name.isEmpty { return "name part must be non-empty" }
    if name.utf8.count > 63 { return "name part must be no more than 63 bytes" }
    return isToken(name.utf8) ? nil : qualifiedText
  }

  /// What is wrong with a label's value.
  static func problem(ofLabelValue value: String) -> String? {
    if value.isEmpty { return nil }
    if value.utf8.count > 63 { return "must be no more than 63 bytes" }
    return isToken(value.utf8) ? nil : labelValueText
  }

  /// Whether a ConfigMap or Secret key is well formed: `[-._a-zA-Z0-9]+`, at most 253, and not a path's dots.
  static func isDataKey(_ key: String) -> Bool {
    !key.isEmpty && key.utf8.count <= 253 && key != "." && key != ".." && !key.hasPrefix("..")
      && key.utf8.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
  }

  private static func isSubdomain(_ name: String) -> Bool {
    name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0.utf8) }
  }

  private static func isLabel(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last, isLower(first), isLower(last) else { return false }
    return bytes.allSatisfy { isLower($0) || $0 == 45 }
  }

  private static func isToken(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return false
    }
    return bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
  }

  private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || (65...90).contains(byte) }
}
