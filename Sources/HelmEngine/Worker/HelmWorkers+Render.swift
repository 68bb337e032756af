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

  /// Renders a chart in a child. Without a connection it has no network: `getHostByName` asks nobody, and `lookup` is refused.
  ///
  /// - Parameters:
  ///   - chart: the chart, with all its dependencies below `charts/`.
  ///   - values: what overrides the chart's own; an object or null.
  ///   - release: what `.Release` names.
  ///   - capabilities: what `.Capabilities` names.
  ///   - options: how.
  ///   - connection: the cluster in which `lookup` looks, where `options.lookup` says so.
  /// - Throws: `HelmError` with `renderFailed`, its message naming template and line, `invalidChart`, `invalidValues`,
  ///   `invalidArgument`, `limitExceeded`, `workerFailed`, `overloaded` or `cancelled`.
  public func render(
    chart: Chart, values: Value = [:], release: ReleaseIdentity, capabilities: KubernetesCapabilities = .init(),
    options: RenderOptions = .init(), connection: ClusterConnection? = nil
  ) async throws(HelmError) -> RenderedManifests {
    guard !options.lookup || connection != nil else {
      throw HelmError(
        code: .invalidArgument,
        message: "rendering release \(release): a worker has no cluster to look up objects in: set lookup to false")
    }
    var options = options
    if connection == nil { options.disableDNS = true }
    let usesNetwork = options.lookup || (!options.disableDNS && chart.mayAskNameServers)
    var request = try ChartRendering.request(
      chart, values: values, release: release, capabilities: capabilities, options: options)
    if options.lookup { request.connection = connection }
    let answer = try await ask(
      request.message, doing: request.doing, within: limits.renderTime, withNetwork: usesNetwork)
    return ChartRendering.manifests(
      try LibraryText.decoded(String(decoding: answer.attachment, as: UTF8.self), doing: request.doing))
  }
}
