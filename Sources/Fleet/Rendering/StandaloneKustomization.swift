extension ReleasePlan {
  /// The kustomization that makes up a deployment on its own, without a chart, so that one build serves every cluster
  /// that gets the same options (fleet-behaviour §5.4).
  ///
  /// - Returns: nil where the files are a chart or plain manifests.
  /// - Throws: ``FleetError`` where the options name a chart that is not among the files.
  public static func standaloneKustomization(
    of manifest: Manifest, options: BundleDeploymentOptions
  ) throws(FleetError) -> Kustomization? {
    let files = try BundleFiles(manifest)
    guard case .kustomize(let directory) = try style(of: files, options: options) else { return nil }
    return Kustomization(directory: directory, files: files.all)
  }
}

extension Manifest {
  /// Whether some file is one that kustomize looks for.
  public var hasKustomization: Bool {
    resources.contains { BundleFiles.kustomizationNames.contains(Paths.base($0.name)) }
  }
}
