import Document

extension RenderedManifests {
  /// Reads what the library renders: every template's output by path, partials and notes included.
  init(outputs: Value, crds: [ChartFile]) {
    var files: [RenderedFile] = []
    var notes = ""
    for (path, output) in (outputs.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      let text = output.string ?? ""
      let parts = path.split(separator: "/")
      guard let name = parts.last, !name.hasPrefix("_") else { continue }
      if name == "NOTES.txt" {
        // A subchart's notes lie deeper; Helm does not show them either.
        if parts.count == 3 { notes = text }
        continue
      }
      let documents = ManifestDocuments.split(text)
      guard !documents.isEmpty else { continue }
      let hooks = documents.filter(ManifestDocuments.isHook)
      files.append(
        RenderedFile(
          path: path,
          documents: hooks.isEmpty ? documents : documents.filter { !ManifestDocuments.isHook($0) },
          hooks: hooks))
    }
    self.init(files: files, crds: crds, notes: notes)
  }

  /// Reads the library's list of a chart's CRDs.
  static func crds(_ answer: Value) -> [ChartFile] {
    (answer.array ?? []).enumerated().map { index, file in
      // Subcharts may use one name twice, and Helm installs in this order.
      let name = file["name"]?.string?.split(separator: "/").last.map(String.init) ?? "crd.yaml"
      return ChartFile(path: "crds/\(index + 1)-\(name)", text: file["data"]?.string ?? "")
    }
  }
}
