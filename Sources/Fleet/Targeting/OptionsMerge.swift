import Document

/// How options of a target are laid over those of the bundle (fleet-behaviour §3.4).
extension BundleDeploymentOptions {
  /// These options with `custom` on top.
  ///
  /// `deleteNamespace`, `ignore`, `deleteCRDResources` and, of Helm's, `maxHistory`, `skipSchemaValidation` and
  /// `disableDependencyUpdate` are not merged: these options' stay. Namespace labels and annotations are merged by key,
  /// those of the targets that match only.
  public func merging(_ custom: BundleDeploymentOptions) -> BundleDeploymentOptions {
    var result = self
    if !custom.defaultNamespace.isEmpty { result.defaultNamespace = custom.defaultNamespace }
    if !custom.namespace.isEmpty { result.namespace = custom.namespace }
    if !custom.serviceAccount.isEmpty { result.serviceAccount = custom.serviceAccount }
    if let dir = custom.kustomizeDir, !dir.isEmpty || kustomizeDir == nil { result.kustomizeDir = dir }
    if let helm = custom.helm { result.helm = (self.helm ?? HelmOptions()).merging(helm) }
    if let createNamespace = custom.createNamespace { result.createNamespace = createNamespace }
    if custom.forceSyncGeneration > 0 { result.forceSyncGeneration = custom.forceSyncGeneration }
    result.overlays += custom.overlays
    result.comparePatches = BundleDeploymentOptions.merge(comparePatches, custom.comparePatches) {
      [$0.apiVersion, $0.kind, $0.namespace, $0.name]
    }
    result.downstreamResources = BundleDeploymentOptions.merge(downstreamResources, custom.downstreamResources) {
      [$0.kind.lowercased(), $0.name]
    }
    result.keepResources = keepResources || custom.keepResources
    if let drift = custom.correctDrift { result.correctDrift = drift }
    if let labels = custom.namespaceLabels {
      result.namespaceLabels = (namespaceLabels ?? [:]).merging(labels) { _, new in new }
    }
    if let annotations = custom.namespaceAnnotations {
      result.namespaceAnnotations = (namespaceAnnotations ?? [:]).merging(annotations) { _, new in new }
    }
    return result
  }

  /// A list with entries of another one: those with the same key replaced in place, the others appended.
  static func merge<Element>(_ base: [Element], _ custom: [Element], key: (Element) -> [String]) -> [Element] {
    var result = base
    for element in custom {
      let wanted = key(element)
      if let index = result.firstIndex(where: { key($0) == wanted }) {
        result[index] = element
      } else {
        result.append(element)
      }
    }
    return result
  }
}

extension HelmOptions {
  /// These options with `custom` on top (fleet-behaviour §3.4).
  func merging(_ custom: HelmOptions) -> HelmOptions {
    var result = self
    if !custom.repo.isEmpty { result.repo = custom.repo }
    if !custom.chart.isEmpty { result.chart = custom.chart }
    if !custom.version.isEmpty { result.version = custom.version }
    if !custom.releaseName.isEmpty { result.releaseName = custom.releaseName }
    if custom.timeoutSeconds > 0 { result.timeoutSeconds = custom.timeoutSeconds }
    if custom.timeoutSeconds < 0 { result.timeoutSeconds = 0 }
    if !custom.values.isNull { result.values = values.isNull ? custom.values : values.merging(custom.values) }
    result.templateValues.merge(custom.templateValues) { _, new in new }
    result.valuesFrom = BundleDeploymentOptions.merge(valuesFrom, custom.valuesFrom) { source in
      [source.configMap, source.secret].flatMap { reference in
        reference.map { [$0.namespace, $0.name, $0.key] } ?? ["-"]
      }
    }
    result.force = force || custom.force
    result.atomic = atomic || custom.atomic
    result.takeOwnership = takeOwnership || custom.takeOwnership
    result.disablePreProcess = disablePreProcess || custom.disablePreProcess
    result.waitForJobs = waitForJobs || custom.waitForJobs
    result.disableDNS = disableDNS || custom.disableDNS
    return result
  }
}
