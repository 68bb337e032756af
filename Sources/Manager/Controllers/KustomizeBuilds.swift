import Fleet
import Kustomizer

/// Runs kustomize for bundles that are nothing but a kustomization, once for all clusters that get the same options, so that
/// a mistake shows in one place and agents are sent finished manifests (design §2).
///
/// Where a chart is rendered first, its agent runs kustomize: what Helm renders depends on the cluster.
struct KustomizeBuilds: Sendable {
  let kustomizer: Kustomizer
  let contents: ContentCache

  /// The file that holds what kustomize built, in the content that agents are sent.
  static let fileName = "kustomized.yaml"

  /// The content that clusters with these options are sent: `content` itself unless it is a kustomization.
  ///
  /// Throws `FleetError` or `KustomizerError`, whose messages name the kustomization.
  func content(of content: StoredContent, options: BundleDeploymentOptions) async throws -> StoredContent {
    guard content.hasKustomization else { return content }
    let manifest = try await contents.manifest(content)
    guard let kustomization = try ReleasePlan.standaloneKustomization(of: manifest, options: options) else {
      return content
    }
    let built = try await kustomizer.build(
      files: kustomization.files.map { KustomizeFile(path: $0.path, bytes: $0.bytes) },
      directory: kustomization.directory)
    return try await contents.put(Manifest(resources: [try BundleResource(name: Self.fileName, bytes: built)]))
  }
}
