import Document

/// What building needs to know of a Chart.yaml, a requirements.yaml or the lock beside one of them.
struct ChartMetadata {
  static let fileName = "Chart.yaml"
  /// Where a chart's dependencies are declared, and where their exact versions are kept; the second pair is that of charts
  /// of version 1.
  static let dependencyFiles = [("Chart.yaml", "Chart.lock"), ("requirements.yaml", "requirements.lock")]

  /// One entry of `dependencies`.
  struct Dependency {
    let name: String
    /// A version or constraint; empty for any.
    let version: String
    let repository: String
  }

  let name: String
  let version: String
  let dependencies: [Dependency]
  /// The hash of what a lock was made for; empty in other documents.
  let digest: String
  private let document: Value

  /// Reads a document.
  ///
  /// - Throws: ``FleetError`` with code `invalidDocument` or `invalidField` that names file, and line or key.
  init(_ bytes: [UInt8], file: String) throws(FleetError) {
    guard bytes.count <= Limits.configurationBytes else {
      throw FleetError(
        .limitExceeded, "has \(bytes.count) bytes; the limit is \(Limits.configurationBytes) (configurationBytes)",
        file: file)
    }
    do {
      document = try YAML.parse(bytes, file: file, duplicateKeys: .lastWins).first ?? .null
    } catch {
      throw FleetError(
        .invalidDocument, error.message, file: file, line: error.line > 0 ? error.line : nil, cause: error)
    }
    do {
      let reader = try FieldReader(document)
      name = try reader.text("name")
      version = try reader.text("version")
      digest = try reader.text("digest")
      var dependencies: [Dependency] = []
      for entry in try reader.objects("dependencies") ?? [] {
        dependencies.append(
          Dependency(
            name: try entry.text("name"), version: try entry.text("version"), repository: try entry.text("repository")))
      }
      self.dependencies = dependencies
    } catch {
      throw error.located(file: file)
    }
  }

  /// Whether this lock was made for the dependencies that a document declares. One without a digest is believed.
  func isLock(of declaring: ChartMetadata) -> Bool {
    guard !digest.isEmpty else { return true }
    var text = GoJSONText()
    text.raw("[")
    text.raw(declaring.encodedDependencies)
    text.raw(",")
    text.raw(encodedDependencies)
    text.raw("]")
    return digest == "sha256:" + Digests.sha256Hex(text.bytes)
  }

  /// The dependencies as Helm encodes them for a lock's digest.
  private var encodedDependencies: String {
    var text = GoJSONText()
    text.raw("[")
    for (index, dependency) in (document["dependencies"]?.array ?? []).enumerated() {
      text.raw(index == 0 ? "{\"name\":" : ",{\"name\":")
      text.string(dependency["name"]?.string ?? "")
      func add(_ key: String, always: Bool = false) {
        let value = dependency[key] ?? .null
        let isEmpty = value.isNull || value == "" || value == [] || value == false
        guard always || !isEmpty else { return }
        text.raw(",\"\(key)\":")
        text.value(isEmpty ? "" : value)
      }
      add("version")
      add("repository", always: true)
      for key in ["condition", "tags", "enabled", "import-values", "alias"] { add(key) }
      text.raw("}")
    }
    text.raw("]")
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// Whether a chart's name or version can stand in the name of a file.
  static func isFileName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "."), text.utf8.count <= 200 else { return false }
    return text.unicodeScalars.allSatisfy { ScalarSet.word.contains($0) || ".+-".unicodeScalars.contains($0) }
  }
}
