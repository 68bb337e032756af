import Document

/// Objects that move from a bundle that is about to be pruned to one that this build made (fleet-behaviour §2.8).
public enum Overwrites {
  /// The `overwrites` option of each new bundle, by the bundle's name, sorted; bundles that take nothing over are left out.
  ///
  /// Objects are told by kind, namespace and name as the files say them. Files that are not YAML are skipped, and so are
  /// objects whose kind, namespace or name is a template; templates elsewhere do no harm.
  public static func find(pruned: [Bundle], made: [Bundle]) -> [String: [OverwrittenResource]] {
    let gone = pruned.reduce(into: Set<OverwrittenResource>()) { $0.formUnion(objects(of: $1)) }
    guard !gone.isEmpty else { return [:] }
    var result: [String: [OverwrittenResource]] = [:]
    for bundle in made {
      let moved = objects(of: bundle).intersection(gone)
      guard !moved.isEmpty else { continue }
      result[bundle.metadata.name] = moved.sorted {
        ($0.kind, $0.namespace, $0.name) < ($1.kind, $1.namespace, $1.name)
      }
    }
    return result
  }

  /// Many times what a file of manifests holds; what holds more is skipped.
  private static let limits = DocumentLimits(nodes: 1_000_000)
  private static let placeholder = "TEMPLATED"

  private static func objects(of bundle: Bundle) -> Set<OverwrittenResource> {
    var result: Set<OverwrittenResource> = []
    for resource in bundle.spec.resources where Paths.isYAML(resource.name) || resource.name.hasSuffix(".json") {
      guard let bytes = try? resource.bytes(), let text = String(validating: bytes, as: UTF8.self),
        let documents = try? YAML.parse(withoutTemplates(text), limits: limits, duplicateKeys: .lastWins)
      else { continue }
      for object in documents.flatMap({ ManifestObjects.flatten($0) }) {
        let identity = ObjectIdentity(of: object)
        let parts = [identity.kind, identity.namespace, identity.name]
        guard !identity.name.isEmpty, !parts.contains(where: { $0.contains(placeholder) }) else { continue }
        result.insert(
          OverwrittenResource(kind: identity.kind, name: identity.name, namespace: identity.namespace))
      }
    }
    return result
  }

  /// The text with a word in place of each `{{ … }}`, so that most templates are YAML; lines that are a template alone become
  /// comments.
  private static func withoutTemplates(_ text: String) -> String {
    guard text.contains("{{") else { return text }
    var lines: [String] = []
    var isInside = false
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      var kept = ""
      var rest = line[...]
      var hadTemplate = isInside
      while true {
        if isInside {
          guard let end = rest.firstRange(of: "}}") else { break }
          rest = rest[end.upperBound...]
          isInside = false
        }
        guard let start = rest.firstRange(of: "{{") else {
          kept += rest
          break
        }
        hadTemplate = true
        isInside = true
        kept += rest[..<start.lowerBound] + placeholder
        rest = rest[start.upperBound...]
      }
      let isTemplateAlone = hadTemplate && kept.replacing(placeholder, with: "").allSatisfy(\.isWhitespace)
      lines.append(isTemplateAlone ? "# " : kept)
    }
    return lines.joined(separator: "\n")
  }
}
