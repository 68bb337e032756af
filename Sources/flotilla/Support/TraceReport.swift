import Document
import Fleet

/// The way of a bundle to a cluster, for people: a line for each step, and below it what it waits for.
struct TraceReport {
  let document: Value

  private static let tones: [String: Terminal.Tone] = [
    "done": .good, "waiting": .warning, "held": .warning, "failed": .bad, "no": .bad,
  ]
  private static let timeWidth = "2006-01-02T15:04:05Z".count

  /// The whole report.
  var text: String {
    let cluster = document["cluster"] ?? .null
    let names = [document["metadata"] ?? .null, cluster].map { party in
      SafeText.line("\(party["namespace"]?.string ?? "")/\(party["name"]?.string ?? "")")
    }
    let state = SafeText.line(document["state"]?.string ?? "")
    var text = Terminal.output("Bundle \(names[0]) on cluster \(names[1]): \(state)", .strong) + "\n"
    let summary = SafeText.line(document["summary"]?.string ?? "")
    if !summary.isEmpty, summary != state { text += "\(summary)\n" }
    text += "\(Self.pad("STEP", 12))  \(Self.pad("STATE", 7))  \(Self.pad("TIME", Self.timeWidth))  WHAT\n"
    var before: [String] = []
    for step in document["steps"]?.array ?? [] {
      let reasons = (step["reasons"]?.array ?? []).compactMap(\.string)
      // What one step waits for the next ones often wait for too.
      text += Self.text(of: step, reasons: reasons.filter { !before.contains($0) })
      before += reasons
    }
    return text
  }

  private static func text(of step: Value, reasons: [String]) -> String {
    func part(_ name: String) -> String { SafeText.line(step[name]?.string ?? "") }
    let state = part("state")
    let time = part("time")
    let shownTime = time.isEmpty ? (part("timeUnknown").isEmpty ? "" : "not known") : time
    var text = "\(pad(part("name"), 12))  "
    text += Terminal.output(pad(state, 7), tones[state] ?? .dim) + "  "
    text += "\(pad(shownTime, timeWidth))  \(part("message"))\n"
    let indent = String(repeating: " ", count: 12 + 2 + 7 + 2 + timeWidth + 2)
    for reason in reasons { text += "\(indent)\(SafeText.line(reason))\n" }
    for note in notes(step) { text += "\(indent)\(Terminal.output(SafeText.line(note), .dim))\n" }
    return text
  }

  /// Times and ids that the line has no room for.
  private static func notes(_ step: Value) -> [String] {
    func detail(_ name: String) -> String? { step.at("details", name)?.string }
    var notes: [String] = []
    if let seen = detail("seenAt"), let built = detail("builtAt") { notes.append("seen \(seen), built \(built)") }
    if step["name"] == "bundle", let digest = detail("contentDigest") { notes.append(digest) }
    if step["state"] == "done", let unknown = step["timeUnknown"]?.string { notes.append("time: \(unknown)") }
    return notes
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
