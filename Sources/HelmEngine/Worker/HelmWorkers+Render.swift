import Document

extension HelmWorkers {
  /// Evaluates a Go text template with the delimiters `${` and `}`, and sprig's functions without those that read anything
  /// but the context (fleet-behaviour §3.5): `env`, `expandenv`, `include`, `tpl`, `getHostByName`, `lookup`.
  ///
  /// - Parameters:
  ///   - template: at most `Limits.valueTemplateBytes`. A `{{` in it is text.
  ///   - context: what `.` and `$` are, an object. A key that it lacks is an error.
  /// - Returns: the text; a template without `${` as it is.
  /// - Throws: `HelmError` with `renderFailed`, its message naming line, column and reason in the template's own text;
  ///   `invalidValues`, `limitExceeded`, `workerFailed`, `overloaded` or `cancelled`.
  public func renderValues(_ template: String, context: Value) async throws(HelmError) -> String {
    let parsed = try ValueTemplate(template)
    guard parsed.hasActions else { return template }
    let doing = "value template"
    let values = try LibraryText.encoded(["context": context], doing: doing)
    let answer: WorkerMessage
    do throws(HelmError) {
      answer = try await ask(
        WorkerMessage(
          header: ["request": "values", "template": .string(parsed.exchanged)], attachment: Array(values.utf8)),
        doing: doing, within: limits.valueTemplateTime)
    } catch {
      guard error.code == .renderFailed || error.code == .invalidChart else { throw error }
      throw parsed.failure(error.message)
    }
    let outputs = try LibraryText.decoded(String(decoding: answer.attachment, as: UTF8.self), doing: doing)
    guard let text = outputs.object?.values.first?.string, let bytes = Base64.decode(text) else {
      throw HelmError(code: .renderFailed, message: "value template: it redefines the template that it is part of")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Renders a chart in a child, without a cluster: `lookup` finds nothing, and `getHostByName` asks nobody.
  ///
  /// - Parameters:
  ///   - chart: the chart, with all its dependencies below `charts/`.
  ///   - values: what overrides the chart's own; an object or null.
  ///   - release: what `.Release` names.
  ///   - capabilities: what `.Capabilities` names.
  ///   - options: how; `lookup` has to be false.
  /// - Throws: `HelmError` with `renderFailed`, its message naming template and line, `invalidChart`, `invalidValues`,
  ///   `invalidArgument`, `limitExceeded`, `workerFailed`, `overloaded` or `cancelled`.
  public func render(
    chart: Chart, values: Value = [:], release: ReleaseIdentity, capabilities: KubernetesCapabilities = .init(),
    options: RenderOptions = .init()
  ) async throws(HelmError) -> RenderedManifests {
    let doing = "rendering release \(release)"
    guard !options.lookup else {
      throw HelmError(
        code: .invalidArgument, message: "\(doing): a worker has no cluster to look up objects in: set lookup to false")
    }
    var options = options
    options.disableDNS = true
    let message = WorkerMessage(
      header: [
        "request": "render", "doing": .string(doing),
        "values": .string(try LibraryText.encoded(values, doing: doing)),
        "options": .string(JSON.string(ChartRendering.options(release, capabilities, options))),
        "crds": .bool(options.includeCRDs),
      ], attachment: try ChartArchive.pack(options.skipSchemaValidation ? chart.withoutSchemas() : chart))
    let answer = try await ask(message, doing: doing, within: limits.renderTime)
    let rendered = try LibraryText.decoded(String(decoding: answer.attachment, as: UTF8.self), doing: doing)
    return RenderedManifests(
      outputs: rendered["outputs"] ?? [:], crds: RenderedManifests.crds(rendered["crds"] ?? []))
  }
}
