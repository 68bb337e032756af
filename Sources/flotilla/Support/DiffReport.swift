import Document
import Fleet

/// A comparison with live objects, for people: `-` is what is live, `+` what was deployed.
struct DiffReport {
  let document: Value
  /// Show also the objects that do not differ.
  var showsAll = false

  private static let differing: [String: (word: String, tone: Terminal.Tone)] = [
    "modified": ("modified", .warning), "missing": ("missing", .bad), "notOwned": ("not owned", .bad),
    "extra": ("extra", .warning),
  ]

  /// The whole report.
  var text: String {
    let objects = document["objects"]?.array ?? []
    var text = Terminal.output(
      "Bundle \(field("bundle")) on cluster \(field("cluster")), release \(field("release"))", .strong)
    text += "\n"
    if field("deploymentID") != field("appliedDeploymentID") {
      text += "  The version that is to stand is not applied yet; this is compared with the one before.\n"
    }
    for object in objects {
      let state = object["state"]?.string ?? ""
      if let (word, tone) = Self.differing[state] {
        text += Self.heading(object, word, tone) + Self.fields(of: object)
      } else if showsAll || state == "unknown" {
        text += Self.heading(object, state, .dim)
      }
    }
    return text + summary(objects)
  }

  private func field(_ name: String) -> String { SafeText.line(document[name]?.string ?? "") }

  private func count(_ name: String) -> Int { document[name]?.int ?? 0 }

  private func summary(_ objects: [Value]) -> String {
    let different = objects.count { Self.differing[$0["state"]?.string ?? ""] != nil } + count("leftOutDiffering")
    let all = objects.count + count("leftOut") + count("leftOutDiffering")
    let unknown = objects.count { $0["state"] == "unknown" }
    var text =
      different == 0
      ? "No differences in \(all) \(all == 1 ? "object" : "objects").\n"
      : "\(different) of \(all) \(all == 1 ? "object differs" : "objects differ"); - is live, + was deployed.\n"
    if unknown > 0 { text += "\(unknown) could not be compared.\n" }
    if count("leftOutDiffering") > 0 { text += "\(count("leftOutDiffering")) more differ than are shown.\n" }
    if count("notCompared") > 0 { text += "\(count("notCompared")) more were not looked at.\n" }
    return text
  }

  private static func heading(_ object: Value, _ word: String, _ tone: Terminal.Tone) -> String {
    func part(_ name: String) -> String { object[name]?.string ?? "" }
    let identity = ObjectIdentity(
      apiVersion: part("apiVersion"), kind: part("kind"), namespace: part("namespace"), name: part("name"))
    var text = "  \(Terminal.output(word, tone)) \(SafeText.line(identity.display))"
    if !part("writer").isEmpty { text += ", last written by \(SafeText.line(part("writer")))" }
    if !part("reason").isEmpty { text += ": \(SafeText.line(part("reason")))" }
    return text + "\n"
  }

  private static func fields(of object: Value) -> String {
    var text = ""
    for field in object["fields"]?.array ?? [] {
      text += "    \(SafeText.line(field["path"]?.string ?? ""))\n"
      if let lines = field["lines"]?.string {
        for line in lines.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
          text += "      \(painted(SafeText.line(String(line))))\n"
        }
      } else {
        for (mark, value) in [("-", field["live"]), ("+", field["desired"])] {
          guard let value else { continue }
          for line in self.lines(of: value) { text += "      \(painted("\(mark) \(SafeText.line(line))"))\n" }
        }
      }
    }
    if let left = object["fieldsLeftOut"]?.int { text += "    … and \(left) more fields\n" }
    return text
  }

  /// Scalars as they are, the rest as YAML.
  private static func lines(of value: Value) -> [String] {
    switch value {
    case .object, .array: YAML.emit(value).split(separator: "\n").map(String.init)
    case .string(let text): [text.contains("\n") ? JSON.string(value) : text]
    default: [JSON.string(value)]
    }
  }

  private static func painted(_ line: String) -> String {
    switch line.first {
    case "-": Terminal.output(line, .bad)
    case "+": Terminal.output(line, .good)
    case "@": Terminal.output(line, .dim)
    default: line
    }
  }
}
