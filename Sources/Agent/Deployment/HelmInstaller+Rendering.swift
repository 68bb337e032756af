import Document
import Fleet
import HelmEngine
import Kustomizer

extension HelmInstaller {
  /// A version ready to be installed.
  struct Rendering {
    /// The chart that holds the finished objects.
    let chart: Chart
    /// The values that Helm notes with the release.
    let values: Value
    /// The objects without hooks, in order.
    let objects: [Value]
  }

  /// Renders a plan for this cluster, and wraps what came out under the chart's own name.
  func render(_ plan: ReleasePlan, payload: DeploymentPayload, existing: Release?, with access: Access) async throws
    -> Rendering
  {
    let values = try await values(plan, payload: payload, with: access)
    let kinds = try await cluster.kinds(refreshed: false)
    let rendered = try await renderChart(
      plan, payload: payload, values: values, existing: existing, kinds: kinds, with: access)
    var parts = try RenderedObjects(rendered)
    if let step = KustomizeStep(plan) { parts = try await kustomize(parts, with: step) }
    let raw = RenderedObjects(separating: plan.rawObjects)
    let (objects, hooks) = try await postRender(
      plan, objects: parts.objects + raw.objects, hooks: parts.hooks + raw.hooks, kinds: kinds)
    var metadata = try ChartMetadata(yaml: Array(YAML.emit(plan.chartMetadata).utf8))
    var annotations = [ReleaseMarks.deploymentID: payload.deploymentID]
    if !payload.copies.isEmpty { annotations[ReleaseMarks.copies] = DownstreamCopy.hash(of: payload.copies) }
    metadata.addAnnotations(annotations)
    let chart = try Chart.wrapping(
      manifests: YAML.emit(objects + hooks), metadata: metadata, values: try defaultValues(plan),
      crds: rendered?.crds ?? [], notes: rendered.flatMap { $0.notes.isEmpty ? nil : $0.notes })
    return Rendering(chart: chart, values: values, objects: objects)
  }

  private func kustomize(_ rendered: RenderedObjects, with step: KustomizeStep) async throws -> RenderedObjects {
    do {
      return try await step.apply(rendered, with: kustomizer)
    } catch let error as KustomizerError {
      throw DeploymentFailure(error)
    }
  }

  private func renderChart(
    _ plan: ReleasePlan, payload: DeploymentPayload, values: Value, existing: Release?, kinds: ClusterKinds,
    with access: Access
  ) async throws -> RenderedManifests? {
    guard plan.hasTemplates else { return nil }
    let helm = payload.options.helm ?? HelmOptions()
    var options = RenderOptions()
    options.isUpgrade = existing != nil && existing?.status != .uninstalled
    options.revision = (existing?.revision ?? 0) + 1
    options.includeCRDs = true
    options.disableDNS = helm.disableDNS
    options.skipSchemaValidation = helm.skipSchemaValidation
    let chart = Chart(files: plan.chartFiles.map { HelmChartFile(path: $0.path, contents: $0.bytes) })
    options.lookup = chart.mayLookUp
    return try await access.perform { [options] in
      try await $0.render(
        chart: chart, values: values, release: ReleaseIdentity(name: plan.releaseName, namespace: plan.namespace),
        capabilities: KubernetesCapabilities(version: kinds.version, apiVersions: kinds.apiVersions), options: options)
    }
  }

  /// Labels, annotations and namespaces. A kind that was not known a minute ago is asked for again.
  private func postRender(
    _ plan: ReleasePlan, objects: [Value], hooks: [Value], kinds: ClusterKinds
  ) async throws -> ([Value], [Value]) {
    var kinds = kinds
    let isKnown = (objects + hooks).allSatisfy { kinds.isNamespaced[ObjectIdentity(of: $0).type] != nil }
    if !isKnown { kinds = try await cluster.kinds(refreshed: true) }
    let scopes = kinds.isNamespaced
    var all = try plan.postRender.apply(objects + hooks) { apiVersion, kind in
      scopes[ObjectType(apiVersion: apiVersion, kind: kind)]
    }
    if KeyDefaults.isNeeded(serverVersion: kinds.version) { all = all.map(KeyDefaults.fill) }
    return (Array(all.prefix(objects.count)), Array(all.dropFirst(objects.count)))
  }

  /// The chart's own values, which Helm shows beside those that were given.
  private func defaultValues(_ plan: ReleasePlan) throws -> Value? {
    guard let file = plan.chartFiles.first(where: { $0.path == "values.yaml" }) else { return nil }
    do {
      return try YAML.parse(file.bytes, file: "values.yaml").first
    } catch {
      throw FleetError(.invalidDocument, error.message, file: "values.yaml", line: error.line, cause: error)
    }
  }

  /// The bundle's values, and over them those that the cluster holds, in order (fleet-behaviour §5.6).
  private func values(_ plan: ReleasePlan, payload: DeploymentPayload, with access: Access) async throws -> Value {
    var values = plan.values
    for source in payload.options.helm?.valuesFrom ?? [] {
      for (kind, reference) in [("ConfigMap", source.configMap), ("Secret", source.secret)] {
        guard let reference else { continue }
        values = values.merging(
          try await self.values(kind: kind, reference, releaseNamespace: plan.namespace, with: access))
      }
    }
    return values
  }

  private func values(
    kind: String, _ reference: ValuesFrom.Reference, releaseNamespace: String, with access: Access
  ) async throws -> Value {
    let key = reference.key.isEmpty ? "values.yaml" : reference.key
    let identity = ObjectIdentity(
      apiVersion: "v1", kind: kind, namespace: reference.namespace.isEmpty ? releaseNamespace : reference.namespace,
      name: reference.name)
    func failure(_ reason: String) -> DeploymentFailure {
      DeploymentFailure(kind: .transient, message: "valuesFrom: \(identity.text) \(reason)")
    }
    guard let object = try await access.cluster.object(identity) else { throw failure("is not there") }
    guard let text = object.at("data", key)?.string else { throw failure("has no key \(key)") }
    let bytes: [UInt8]
    if kind == "Secret" {
      guard let decoded = Base64.decode(text) else { throw failure("is not base64 at key \(key)") }
      bytes = decoded
    } else {
      bytes = Array(text.utf8)
    }
    // The parser's own message may repeat the text, and a Secret's must not show.
    guard let documents = try? YAML.parse(bytes, file: ""), documents.count <= 1 else {
      throw failure("is not one YAML document at key \(key)")
    }
    let parsed = documents.first ?? [:]
    guard parsed.object != nil || parsed.isNull else { throw failure("is no mapping at key \(key)") }
    return parsed.isNull ? [:] : parsed
  }
}
