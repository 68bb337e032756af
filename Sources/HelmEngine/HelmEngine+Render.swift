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
    let valuesText = try LibraryText.encoded(values, doing: doing)
    let chart = options.skipSchemaValidation ? chart.withoutSchemas() : chart
    return try withChart(chart, doing: doing) { handle in
      let crds =
        options.includeCRDs
        ? try RenderedManifests.crds(
          LibraryText.decoded(library.call(doing) { chelm_chart_crds($0, handle) }, doing: doing)) : []
      let optionsText = JSON.string(ChartRendering.options(release, capabilities, options))
      let rendered: String
      if options.lookup {
        rendered = try withConfiguration(namespace: release.namespace) { configuration in
          try library.call(doing) { chelm_render($0, configuration, handle, valuesText, optionsText) }
        }
      } else {
        rendered = try library.call(doing) { chelm_render($0, 0, handle, valuesText, optionsText) }
      }
      return RenderedManifests(outputs: try LibraryText.decoded(rendered, doing: doing), crds: crds)
    }
  }
}
