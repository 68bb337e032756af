import Agent
import Document
import Foundation

/// How a simulation's reports are shown: a line that is rewritten at a terminal, plain lines elsewhere, JSON on request.
struct SimulationDisplay {
  enum Form {
    case text
    case json
  }

  let form: Form
  private let start = ContinuousClock.now
  private var said: SimulationReport?
  private var saidAt: ContinuousClock.Instant?
  private var problem = ""

  init(_ form: Form) { self.form = form }

  /// How often something is shown.
  var interval: Duration { form == .text && Terminal.isError ? .milliseconds(250) : .seconds(1) }

  /// Shows what there is to say now; what has not changed is not said again at once.
  mutating func show(_ report: SimulationReport) throws {
    let isNews = report != said
    said = report
    if form == .json {
      guard isNews else { return }
      return try StandardOutput.write(json(report, isSummary: false))
    }
    let line = progress(report)
    if Terminal.isError {
      StandardError.write("\r\u{1B}[K" + Terminal.error(line, .dim))
    } else if isNews {
      StandardError.write(line + "\n")
    }
    if !report.problem.isEmpty, report.problem != problem {
      problem = report.problem
      if Terminal.isError { StandardError.write("\r\u{1B}[K") }
      Notices.warn(problem)
    }
  }

  /// Shows what the simulation came to.
  func summarize(_ report: SimulationReport) throws {
    if form == .json { return try StandardOutput.write(json(report, isSummary: true)) }
    if Terminal.isError { StandardError.write("\r\u{1B}[K") }
    try StandardOutput.write(summary(report))
  }

  private var elapsed: Duration { ContinuousClock.now - start }

  private func progress(_ report: SimulationReport) -> String {
    var parts = [
      "\(Self.text(elapsed, digits: 0))", "\(report.connected)/\(report.agents) connected",
      "\(report.enrolled) enrolled", "\(report.acknowledged) up to date",
      "\(report.readyDeployments)/\(report.deployments) Ready",
    ]
    if report.failedDeployments > 0 { parts.append("\(report.failedDeployments) failed") }
    if report.reconnects > 0 { parts.append("\(report.reconnects) reconnects") }
    return parts.joined(separator: "  ")
  }

  private func summary(_ report: SimulationReport) -> String {
    func row(_ name: String, _ text: String) -> String {
      name + String(repeating: " ", count: max(1, 22 - name.count)) + text + "\n"
    }
    var text = row("agents", "\(report.agents), \(report.enrolled) enrolled, \(report.connected) connected")
    text += row("up to date", "\(report.acknowledged) agents, \(report.ready) of them with everything Ready")
    text += row(
      "deployments",
      "\(report.deployments), \(report.readyDeployments) Ready, \(report.failedDeployments) failed")
    text += row("versions", "\(report.versions) acknowledged, \(report.readyVersions) became Ready")
    text += row(
      "connections",
      "\(report.sessions) sessions, \(report.reconnects) of them reconnects, \(report.cuts) cut, \(report.losses) lost or failed"
    )
    text += row(
      "failures", "\(report.failures) of applying, \(report.enrollmentFailures) of enrolling")
    let names = [
      "enrolling": "enrol", "connecting": "connect", "acknowledging": "Desired to Ack",
      "becomingReady": "Desired to Ready",
    ]
    for (name, times) in report.times where times.count > 0 {
      let parts = [0.5, 0.95, 0.99, 1].map { share in
        "\(share == 1 ? "max" : "p\(Int(share * 100))") \(times.percentile(share).map { Self.text($0) } ?? "-")"
      }
      text += row(names[name] ?? name, parts.joined(separator: "  "))
    }
    return text
  }

  /// One line: the numbers, and times in seconds.
  private func json(_ report: SimulationReport, isSummary: Bool) -> String {
    var object = report.numbers
    object["summary"] = .bool(isSummary)
    object["seconds"] = Self.number(elapsed)
    if !report.problem.isEmpty { object["problem"] = .string(report.problem) }
    for (name, times) in report.times where times.count > 0 {
      var entry: [String: Value] = ["count": .integer(Int64(times.count))]
      for (key, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1)] {
        entry[key] = times.percentile(share).map { Self.number($0) }
      }
      object[name] = .object(entry)
    }
    return JSON.string(.object(object)) + "\n"
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  private static func number(_ duration: Duration) -> Value { .number((seconds(duration) * 1e6).rounded() / 1e6) }

  private static func text(_ duration: Duration, digits: Int = 2) -> String {
    let seconds = seconds(duration)
    if seconds < 1, digits > 0 { return "\(Int((seconds * 1000).rounded()))ms" }
    return String(format: "%.\(digits)fs", seconds)
  }
}
