import Document
import Fleet
import Foundation
import HelmEngine
import KubeClient
import Kustomizer
import Logging

/// Deploys one BundleDeployment to a cluster as its agent would, once and without an agent: the release, its annotations and
/// objects are the same. Nothing watches it afterwards, and no agent takes the release for a leftover of its own.
public struct DirectDeployment: Sendable {
  /// What stands now.
  public struct Outcome: Sendable {
    /// `namespace/name` of the release.
    public let release: String
    /// Helm's revision.
    public let revision: Int
    /// The objects, hooks aside, as people are shown them.
    public let objects: [String]
  }

  private let kubeconfig: String
  private let agentNamespace: String
  private let helmWorker: HelmWorkerCommand?
  private let logger: Logger

  /// - Parameters:
  ///   - kubeconfig: the file that leads to the cluster; its current context is taken.
  ///   - agentNamespace: noted in the release, and where service accounts are that a bundle names.
  ///   - helmWorker: the program of the children in which Helm works; nil has it in this process.
  public init(
    kubeconfig: String, agentNamespace: String = RegistrationValues.defaultAgentNamespace,
    helmWorker: HelmWorkerCommand? = nil, logger: Logger
  ) {
    self.kubeconfig = kubeconfig
    self.agentNamespace = agentNamespace
    self.helmWorker = helmWorker
    self.logger = logger
  }

  /// Installs or upgrades the release; one that is this version already is left alone.
  ///
  /// - Throws: ``AgentError`` whose message says what the cluster, Helm or the bundle lacks.
  public func run(manifest: Manifest, payload: DeploymentPayload) async throws(AgentError) -> Outcome {
    let cluster: KubeCluster
    do throws(KubeClientError) {
      cluster = KubeCluster(
        try KubeClient(config: try KubeConfig.load(path: kubeconfig), userAgent: "flotilla-deploy", logger: logger),
        logger: logger)
    } catch {
      throw AgentError(.cluster, error.message, cause: error)
    }
    let scratch = NSTemporaryDirectory() + "flotilla-deploy-" + UUID().uuidString
    let result: Result<Outcome, any Error>
    do {
      result = .success(try await deploy(manifest, payload, to: cluster, blobs: scratch))
    } catch {
      result = .failure(error)
    }
    await cluster.shutdown()
    try? FileManager.default.removeItem(atPath: scratch)
    do {
      return try result.get()
    } catch let error as AgentError {
      throw error
    } catch {
      throw AgentError(.cluster, "\(error)", cause: error)
    }
  }

  private func deploy(
    _ manifest: Manifest, _ payload: DeploymentPayload, to cluster: KubeCluster, blobs path: String
  ) async throws -> Outcome {
    let blobs = try BlobCache(path: path, files: BlockingWork(label: "flotilla.deploy.blobs"))
    let content = try manifest.blob()
    let options = payload.encoded()
    let item = DesiredItem(
      id: payload.bundleName, version: payload.deploymentID, contentDigest: Checksum.digest(of: content),
      optionsDigest: Checksum.digest(of: options))
    try await blobs.store(content, as: item.contentDigest)
    try await blobs.store(options, as: item.optionsDigest)
    let connection = ClusterConnection(.file(kubeconfig))
    let installer = HelmInstaller(
      engine: HelmEngine(connection: connection, worker: helmWorker), connection: connection, kustomizer: Kustomizer(),
      cluster: cluster, manifests: DeployedManifests(cluster: cluster), blobs: blobs, agentNamespace: agentNamespace,
      scope: ReleaseMarks.scope(cluster: "flotilla deploy"), logger: logger)
    let applied = try await installer.apply(item, releases: [])
    return Outcome(
      release: "\(applied.release)", revision: applied.revision, objects: applied.objects.map(\.display))
  }
}
