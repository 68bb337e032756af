import Document

/// A chart's rendering as a request: what the engine and its workers share.
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

  /// The request for a rendering.
  static func request(
    _ chart: Chart, values: Value, release: ReleaseIdentity, capabilities: KubernetesCapabilities,
    options: RenderOptions
  ) throws(HelmError) -> HelmRequest {
    var request = HelmRequest(.render, release)
    request.parameters = [
      "values": .string(try LibraryText.encoded(values, doing: request.doing)),
      "options": Self.options(release, capabilities, options), "crds": .bool(options.includeCRDs),
      "lookup": .bool(options.lookup),
    ]
    request.attachment = try ChartArchive.pack(options.skipSchemaValidation ? chart.withoutSchemas() : chart)
    return request
  }

  /// Reads what was answered to it.
  static func manifests(_ answer: Value) -> RenderedManifests {
    RenderedManifests(outputs: answer["outputs"] ?? [:], crds: RenderedManifests.crds(answer["crds"] ?? []))
  }
}
