import Document
import Fleet

/// Which clusters get a bundle, for people: one line for each cluster, and why not where it does not.
struct TargetTable {
  let preview: TargetPreview
  /// Show the options that each cluster gets, values included.
  var showsOptions = false

  /// The whole table with its heading and a closing line.
  var text: String {
    let rows = preview.entries.map { row($0) }
    let names = column("CLUSTER", rows.map(\.cluster))
    let marks = column("MATCH", rows.map(\.mark))
    var text = Terminal.output("Bundle \(preview.bundle.metadata.key)", .strong) + "\n"
    guard !rows.isEmpty else {
      return text
        + "No cluster is registered where the bundle can reach it: in \(preview.bundle.metadata.namespace), or"
        + " where a BundleNamespaceMapping leads.\n"
    }
    text += names.pad("CLUSTER") + "  " + marks.pad("MATCH") + "  WHY\n"
    for (row, entry) in zip(rows, preview.entries) {
      let indent = String(repeating: " ", count: names.width + marks.width + 4)
      text += names.pad(row.cluster) + "  " + Terminal.output(marks.pad(row.mark), row.tone) + "  "
      text += row.reasons.joined(separator: "\n" + indent) + "\n"
      if showsOptions, case .deployed(let deployment, _) = entry.outcome { text += options(of: deployment) }
    }
    return text + summary + "\n"
  }

  /// `2 of 3 clusters match`, and how many failed.
  private var summary: String {
    var matched = 0
    var failed = 0
    for entry in preview.entries {
      switch entry.outcome {
      case .deployed: matched += 1
      case .failed: failed += 1
      case .skipped: break
      }
    }
    let all = preview.entries.count
    let failures = failed == 0 ? "" : ", \(failed) \(failed == 1 ? "fails" : "fail")"
    return "\(matched) of \(all) \(all == 1 ? "cluster" : "clusters") \(matched == 1 ? "matches" : "match")" + failures
  }

  private struct Row {
    let cluster: String
    let mark: String
    let tone: Terminal.Tone
    let reasons: [String]
  }

  private func row(_ entry: TargetPreview.Entry) -> Row {
    let cluster = entry.cluster.metadata.key
    switch entry.outcome {
    case .deployed(let deployment, let names):
      var reasons = [explain(names)]
      if deployment.spec.paused { reasons.append("paused: changes are held back") }
      return Row(cluster: cluster, mark: "yes", tone: .good, reasons: reasons)
    case .skipped(let reasons): return Row(cluster: cluster, mark: "no", tone: .dim, reasons: reasons)
    case .failed(let error, let names):
      return Row(cluster: cluster, mark: "error", tone: .bad, reasons: [explain(names), error.message])
    }
  }

  /// The target that matches, and the customisations whose options apply.
  private func explain(_ names: [String]) -> String {
    guard let target = names.first else { return "" }
    let custom = names.dropFirst().joined(separator: ", ")
    return "target \(target)" + (custom.isEmpty ? "" : ", customised by \(custom)")
  }

  private func options(of deployment: BundleDeployment) -> String {
    let lines = YAML.emit(deployment.spec.options.value).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.dropLast().map { "    \($0)\n" }.joined()
  }

  private struct Column {
    let width: Int

    func pad(_ text: String) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
  }

  private func column(_ heading: String, _ cells: [String]) -> Column {
    Column(width: (cells + [heading]).map(\.count).max() ?? 0)
  }
}
