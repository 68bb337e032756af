import CHelm
import Document

/// Renders a chart without a cluster: what the engine in this process and the worker share.
enum ChartRendering {
  /// The library's options for a rendering.
  static func options(
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

  /// Answers a worker's request: the attachment is the chart's archive, and of the answer it is `{"outputs":…,"crds":…}`,
  /// both as the library gives them.
  static func answer(_ message: WorkerMessage, library: HelmLibrary) throws -> WorkerMessage {
    guard let doing = message.header["doing"]?.string, let values = message.header["values"]?.string,
      let options = message.header["options"]?.string
    else { throw HelmError(code: .workerFailed, message: "a request to render a chart is not complete") }
    let chart = try library.chart(archive: message.attachment, doing: doing)
    defer { library.release(chart) }
    let crds =
      message.header["crds"]?.bool == true ? try library.call(doing) { chelm_chart_crds($0, chart) } : "[]"
    let outputs = try library.call(doing) { chelm_render($0, 0, chart, values, options) }
    return WorkerMessage(header: [:], attachment: Array("{\"outputs\":\(outputs),\"crds\":\(crds)}".utf8))
  }
}
