import Document

extension FleetYAML {
  /// The schema of fleet.yaml, by which unknown keys are found (fleet-behaviour §2.2).
  public static let schema = Schema.object(
    "What a directory says about the bundle it becomes.",
    Schema.deploymentOptions.merging([
      "name": Schema.string("Overrides the bundle's generated name."),
      "labels": Schema.map("Labels of the bundle."),
      "annotations": Schema.map("Annotations of the bundle."),
      "paused": Schema.boolean("Make the bundle paused."),
      "rolloutStrategy": Schema.rolloutStrategy,
      "dependsOn": Schema.dependsOn,
      "targetCustomizationMode": Schema.string(
        "Whether the first matching customisation applies or all of them.", values: ["FirstMatch", "AllMatches"]),
      "targetCustomizations": Schema.array("Options for some of the clusters, in order.", of: Schema.bundleTarget),
      "targets": Schema.array("Targets, before the customisations.", of: Schema.bundleTarget),
      "overrideTargets": Schema.array(
        "Replaces the GitRepo's targets.", of: Schema.gitTarget("Clusters to deploy to.")),
      "imageScans": Schema.array("Images whose new tags are written to the repository.", of: Schema.anyObject("One.")),
      "resources": Schema.array("Ignored: the directory's files are the resources.", of: Schema.anyObject("One.")),
    ]) { first, _ in first })
}

/// Finds keys that a schema does not know, and what may have been meant.
enum UnknownKeys {
  struct Unknown {
    let path: String
    let message: String
  }

  static func find(in value: Value, schema: Value) -> [Unknown] {
    var found: [Unknown] = []
    walk(value, schema: schema, path: "", into: &found)
    return found.sorted { $0.path < $1.path }
  }

  private static func walk(_ value: Value, schema: Value, path: String, into found: inout [Unknown]) {
    if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true || found.count >= Limits.warningsPerFile { return }
    switch value {
    case .array(let elements):
      guard let items = schema["items"] else { return }
      for (index, element) in elements.enumerated() {
        walk(element, schema: items, path: "\(path)[\(index)]", into: &found)
      }
    case .object(let members):
      guard let properties = schema["properties"]?.object else { return }
      for (key, member) in members.sorted(by: { $0.key < $1.key }) where found.count < Limits.warningsPerFile {
        let keyPath = path.isEmpty ? key : "\(path).\(key)"
        if let property = properties[key] {
          walk(member, schema: property, path: keyPath, into: &found)
        } else {
          found.append(Unknown(path: keyPath, message: message(key, path: keyPath, known: properties.keys)))
        }
      }
    default: return
    }
  }

  private static func message(_ key: String, path: String, known: some Sequence<String>) -> String {
    let text = "the key \"\(path)\" is not known and has no effect"
    guard let suggestion = Spelling.nearest(to: key, among: known) else { return text }
    return text + "; did you mean \"\(suggestion)\"?"
  }
}

/// Finds what a misspelt word may have been.
enum Spelling {
  /// The nearest of `candidates`, if it is near enough: other letter case, or about a third of the letters changed.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let lowered = Array(word.lowercased().utf8)
    let scored = candidates.map { candidate in
      (candidate, distance(lowered, Array(candidate.lowercased().utf8)))
    }
    let best = scored.min { ($0.1, $0.0) < ($1.1, $1.0) }
    guard let best, best.1 <= max(1, lowered.count / 3) else { return nil }
    return best.0
  }

  /// The optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard left.count <= 100, right.count <= 100 else { return Int.max }
    var older: [Int] = []
    var previous = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      for j in 0..<right.count {
        var cost = min(previous[j] + (left[i] == right[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, older[j - 1] + 1) }
        row.append(cost)
      }
      older = previous
      previous = row
    }
    return previous[right.count]
  }
}
