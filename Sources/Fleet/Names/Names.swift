/// The names that users and their scripts rely on (fleet-behaviour §2.7, §3.6).
public enum Names {
  /// The name of the bundle made from `path` of the repository `repository`; `options` is the options file of a
  /// user-driven scan. `path` is relative to the repository's root, `.` adds nothing.
  public static func bundle(repository: String, path: String, options: String? = nil) -> String {
    var parts = [repository] + Paths.components(path)
    if let options {
      var file = Paths.components(options)
      if let last = file.popLast() { file.append(Paths.stem(last)) }
      parts += file
    }
    return helmReleaseName(parts.joined(separator: "/"))
  }

  /// A text as a Helm release name: at most 53 characters of `[a-z0-9-]`, beginning and ending with a letter or digit.
  /// Texts that had to be changed carry 8 digits of the original's MD5, so that two texts never share a name.
  public static func helmReleaseName(_ text: String) -> String {
    let dashed = String(decoding: text.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
    var candidate = dashed
    if !dashed.utf8.allSatisfy({ isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }) {
      candidate += "-" + Digests.md5Hex(dashed).prefix(8)
    }
    var name: [UInt8] = []
    for byte in candidate.lowercased().utf8 {
      let kept = isLowerAlphanumeric(byte) ? byte : UInt8(ascii: "-")
      if kept == UInt8(ascii: "-"), name.isEmpty || name.last == kept { continue }
      name.append(kept)
    }
    if name.last == UInt8(ascii: "-") { name.removeLast() }
    guard !name.isEmpty else { return String(Digests.md5Hex(text).prefix(24)) }
    return limit(String(decoding: name, as: UTF8.self), to: 53)
  }

  /// A name cut to `count` characters: the tail is replaced by a dash and five digits of the name's MD5.
  public static func limit(_ name: String, to count: Int) -> String {
    let bytes = Array(name.utf8)
    guard bytes.count > count else { return name }
    guard count > 6 else { return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) }
    var kept = Array(bytes.prefix(count - 6))
    if kept.last != UInt8(ascii: "-") { kept.append(UInt8(ascii: "-")) }
    return String(decoding: kept, as: UTF8.self) + Digests.md5Hex(name).prefix(5)
  }

  /// Parts joined with dashes; from 64 characters on, cut and ended with digits of the whole name's SHA-256.
  public static func safeConcat(_ parts: String...) -> String { safeConcat(parts) }

  /// Parts joined with dashes; from 64 characters on, cut and ended with digits of the whole name's SHA-256.
  public static func safeConcat(_ parts: [String]) -> String {
    let full = parts.joined(separator: "-")
    let bytes = Array(full.utf8)
    guard bytes.count >= 64 else { return full }
    let digest = Digests.sha256Hex(full)
    let at56 = bytes[56]
    if isLowerAlphanumeric(at56) {
      return String(decoding: bytes.prefix(57), as: UTF8.self) + "-" + digest.prefix(5)
    }
    return String(decoding: bytes.prefix(56), as: UTF8.self) + "-" + digest.prefix(6)
  }

  /// Twelve digits of the SHA-256 of a text's first 100 characters.
  public static func keyHash(_ text: String) -> String {
    String(Digests.sha256Hex(Array(text.utf8.prefix(100))).prefix(12))
  }

  /// The namespace on the manager that holds what one cluster is to have, such as
  /// `cluster-fleet-local-local-1a3d67d0a899`.
  public static func clusterNamespace(registrationNamespace: String, cluster: String) -> String {
    safeConcat("cluster", registrationNamespace, cluster, keyHash("\(registrationNamespace)::\(cluster)"))
  }

  /// The name of the Cluster that an agent with this client id registers as: `cluster-<12 hexadecimal digits>`.
  public static func registeredCluster(clientID: String) -> String { "cluster-" + keyHash(clientID) }

  /// A text made fit to be a label's value: at most 63 characters of `[A-Za-z0-9._-]`, beginning and ending with a
  /// letter or digit. Everything else becomes a dash; a text with nothing to keep becomes empty.
  public static func labelValue(_ text: String) -> String {
    var bytes = text.utf8.prefix(63).map { byte in
      isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") ? byte : UInt8(ascii: "-")
    }
    while let last = bytes.last, !isAlphanumeric(last) { bytes.removeLast() }
    let start = bytes.firstIndex(where: isAlphanumeric) ?? bytes.endIndex
    return String(decoding: bytes[start...], as: UTF8.self)
  }

  /// Whether a text is a name that Kubernetes takes for most objects: a DNS-1123 subdomain of at most 253 characters.
  public static func isValidObjectName(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 253 else { return false }
    return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.utf8.first, let last = part.utf8.last else { return false }
      return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
        && part.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Whether a text can be a Helm release's name: a name of an object with at most 53 characters.
  public static func isValidReleaseName(_ name: String) -> Bool { name.utf8.count <= 53 && isValidObjectName(name) }

  /// Whether a text can be a label's value: empty, or at most 63 of `[A-Za-z0-9._-]`, beginning and ending with a letter or
  /// digit.
  public static func isValidLabelValue(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return true }
    return text.utf8.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  /// Whether a text can be a label's key: a name like a value's, with a DNS name and a slash before it or not.
  public static func isValidLabelKey(_ text: String) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.last, !name.isEmpty, isValidLabelValue(String(name)) else { return false }
    return parts.count == 1 || isValidObjectName(String(parts[0]))
  }

  private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
