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
    if let renderers {
      return try await renderers.render(
        chart: chart, values: values, release: release, capabilities: capabilities, options: options,
        connection: connection)
    }
    let request = try ChartRendering.request(
      chart, values: values, release: release, capabilities: capabilities, options: options)
    return ChartRendering.manifests(try await ask(request))
  }
}
