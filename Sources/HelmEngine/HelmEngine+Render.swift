import CHelm
import Document

extension HelmEngine {
  /// Renders a chart without changing anything anywhere.
  ///
  /// - Parameters:
  ///   - chart: the chart, with all its dependencies below `charts/`.
  ///   - values: what overrides the chart's own; an object or null.
  ///   - release: what `.Release` names.
  ///   - capabilities: what `.Capabilities` names.
  ///   - options: how.
  /// - Throws: `HelmError` with `renderFailed`, its message naming template and line, `invalidChart` or `invalidValues`.
  public func render(
    chart: Chart, values: Value = [:], release: ReleaseIdentity, capabilities: KubernetesCapabilities = .init(),
    options: RenderOptions = .init()
  ) async throws -> RenderedManifests {
    try await perform { session in
      try session.render(chart, values: values, release: release, capabilities: capabilities, options: options)
    }
  }
}

extension HelmEngine.Session {
  fileprivate func render(
    _ chart: Chart, values: Value, release: ReleaseIdentity, capabilities: KubernetesCapabilities,
    options: RenderOptions
  ) throws -> RenderedManifests {
    let doing = "rendering release \(release)"
    let valuesText = try encoded(values, doing: doing)
    let chart = options.skipSchemaValidation ? chart.withoutSchemas() : chart
    return try withChart(chart, doing: doing) { handle in
      let crds = options.includeCRDs ? try self.crds(of: handle, doing: doing) : []
      let optionsText = JSON.string(self.options(release, capabilities, options))
      let rendered: String
      if options.lookup {
        rendered = try withConfiguration(namespace: release.namespace) { configuration in
          try library.call(doing) { chelm_render($0, configuration, handle, valuesText, optionsText) }
        }
      } else {
        rendered = try library.call(doing) { chelm_render($0, 0, handle, valuesText, optionsText) }
      }
      return manifests(try decoded(rendered, doing: doing), crds: crds)
    }
  }

  private func options(
    _ release: ReleaseIdentity, _ capabilities: KubernetesCapabilities, _ options: RenderOptions
  ) -> Value {
    [
      "name": .string(release.name),
      "namespace": .string(release.namespace),
      "revision": .integer(Int64(options.revision)),
      "is_install": .bool(!options.isUpgrade),
      "is_upgrade": .bool(options.isUpgrade),
      "kube_version": .string(capabilities.version ?? ""),
      "api_versions": .array(capabilities.apiVersions.map(Value.string)),
      "strict": .bool(options.strict),
      "enable_dns": .bool(!options.disableDNS),
    ]
  }

  /// The library answers with every template's output by path, partials and notes included.
  private func manifests(_ outputs: Value, crds: [ChartFile]) -> RenderedManifests {
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
    return RenderedManifests(files: files, crds: crds, notes: notes)
  }

  private func crds(of chart: chelm_handle, doing: String) throws -> [ChartFile] {
    let answer = try decoded(library.call(doing) { chelm_chart_crds($0, chart) }, doing: doing)
    return (answer.array ?? []).enumerated().map { index, file in
      // Subcharts may use one name twice, and Helm installs in this order.
      let name = file["name"]?.string?.split(separator: "/").last.map(String.init) ?? "crd.yaml"
      return ChartFile(path: "crds/\(index + 1)-\(name)", text: file["data"]?.string ?? "")
    }
  }
}
