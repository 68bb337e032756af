import Document
import Fleet
import HelmEngine
import Kustomizer

/// Renders what an agent would deploy, without a cluster: the same plan, charts, kustomizations and post-rendering.
///
/// What only a cluster knows is left out or assumed: `valuesFrom` is skipped (fleet-behaviour §5.6), `lookup` finds nothing, a
/// kind that is neither Kubernetes' own nor defined by the manifests counts as namespaced.
public struct DeploymentPreview: Sendable {
  /// What came out.
  public struct Rendering: Sendable {
    /// The release's name.
    public let releaseName: String
    /// The release's namespace.
    public let namespace: String
    /// Everything that is applied, in order: the chart's `crds/`, its objects, its hooks.
    public let objects: [Value]
    /// What the cluster may make different, one sentence each.
    public let remarks: [String]
  }

  private let workers: HelmWorkers
  private let kustomizer: Kustomizer
  private let kubeVersion: String

  /// A preview for clusters of one version.
  ///
  /// - Parameters:
  ///   - workers: render charts.
  ///   - kustomizer: builds kustomizations.
  ///   - kubeVersion: what templates see as the cluster's version, `v1.25.0` for example.
  public init(workers: HelmWorkers, kustomizer: Kustomizer, kubeVersion: String) {
    self.workers = workers
    self.kustomizer = kustomizer
    self.kubeVersion = kubeVersion
  }

  /// The objects of one deployment.
  ///
  /// - Throws: `FleetError`, `HelmError` or `KustomizerError`; each names the file, template or object.
  public func render(
    manifest: Manifest, payload: DeploymentPayload, agentNamespace: String = RegistrationValues.defaultAgentNamespace
  ) async throws -> Rendering {
    let plan = try ReleasePlan(manifest: manifest, payload: payload, agentNamespace: agentNamespace)
    let rendered = try await renderChart(plan, payload: payload)
    var parts = try RenderedObjects(rendered)
    if let step = KustomizeStep(plan) { parts = try await step.apply(parts, with: kustomizer) }
    let raw = RenderedObjects(separating: plan.rawObjects)
    let objects = parts.objects + raw.objects
    let hooks = parts.hooks + raw.hooks
    var crds: [Value] = []
    for file in rendered?.crds ?? [] {
      crds += try ManifestObjects.parse(String(decoding: file.contents, as: UTF8.self), file: file.path)
    }
    let kinds = Kinds(definedIn: crds + objects)
    var all = try plan.postRender.apply(objects + hooks, isNamespaced: kinds.isNamespaced)
    if KeyDefaults.isNeeded(serverVersion: kubeVersion) { all = all.map(KeyDefaults.fill) }
    return Rendering(
      releaseName: plan.releaseName, namespace: plan.namespace, objects: crds + all,
      remarks: remarks(payload, objects: crds + all, kinds))
  }

  private func renderChart(_ plan: ReleasePlan, payload: DeploymentPayload) async throws -> RenderedManifests? {
    guard plan.hasTemplates else { return nil }
    try await checkVersion(plan.chartMetadata)
    let helm = payload.options.helm ?? HelmOptions()
    var options = RenderOptions()
    options.includeCRDs = true
    options.disableDNS = true
    options.skipSchemaValidation = helm.skipSchemaValidation
    return try await workers.render(
      chart: Chart(files: plan.chartFiles.map { HelmChartFile(path: $0.path, contents: $0.bytes) }),
      values: plan.values, release: ReleaseIdentity(name: plan.releaseName, namespace: plan.namespace),
      capabilities: KubernetesCapabilities(version: kubeVersion), options: options)
  }

  /// Helm's own check before it installs a chart, made by Helm's own library.
  private func checkVersion(_ chart: Value) async throws {
    guard let wanted = chart["kubeVersion"]?.string, !wanted.isEmpty else { return }
    let answer = try await workers.renderValues(
      "${ semverCompare .wanted .version }", context: ["wanted": .string(wanted), "version": .string(kubeVersion)])
    guard answer == "true" else {
      throw HelmError(
        code: .invalidChart,
        message: "chart requires kubeVersion: \(wanted) which is incompatible with Kubernetes \(kubeVersion)")
    }
  }

  private func remarks(_ payload: DeploymentPayload, objects: [Value], _ kinds: Kinds) -> [String] {
    var remarks: [String] = []
    if payload.options.helm?.valuesFrom.isEmpty == false {
      remarks.append("helm.valuesFrom is skipped: its values are on the cluster")
    }
    let assumed = Set(
      objects.map { ObjectIdentity(of: $0) }.filter { !kinds.knows($0) }.map { "\($0.apiVersion) \($0.kind)" })
    if !assumed.isEmpty {
      remarks.append(
        "kinds that are not Kubernetes' own are taken for namespaced: \(assumed.sorted().joined(separator: ", "))")
    }
    return remarks
  }

  /// Which kinds have namespaces, as far as anybody can know here.
  private struct Kinds {
    private var defined: [String: Bool] = [:]

    /// - Parameter objects: CustomResourceDefinitions among them say what they define.
    init(definedIn objects: [Value]) {
      for crd in objects where crd["kind"]?.string == "CustomResourceDefinition" {
        guard let group = crd.at("spec", "group")?.string, let kind = crd.at("spec", "names", "kind")?.string else {
          continue
        }
        defined["\(group)/\(kind)"] = crd.at("spec", "scope")?.string == "Namespaced"
      }
    }

    func knows(_ identity: ObjectIdentity) -> Bool {
      BuiltInKinds.isNamespaced(apiVersion: identity.apiVersion, kind: identity.kind) != nil
        || defined["\(identity.group)/\(identity.kind)"] != nil
    }

    func isNamespaced(apiVersion: String, kind: String) -> Bool? {
      let group = apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : ""
      return BuiltInKinds.isNamespaced(apiVersion: apiVersion, kind: kind) ?? defined["\(group)/\(kind)"] ?? true
    }
  }
}
