import Document
import HelmEngine
import KubeClient
import Logging

/// Why an agent could not be installed: a word for programs, and what, where and what to do next.
struct ImportFailure: Error, Sendable, Equatable {
  /// The condition's reason.
  var reason: String
  /// The condition's message; holds no secret.
  var message: String
}

/// Installs the agent's chart through a cluster's API server with Helm (fleet-behaviour §6.3).
struct AgentInstaller: Sendable {
  /// The release's name in every cluster.
  static let releaseName = "flotilla-agent"

  /// The program of the child in which Helm works; nil has it in this process.
  var helmWorker: HelmWorkerCommand?
  let logger: Logger

  /// Installs the agent, or upgrades it.
  func install(_ request: ImportRequest) async throws(ImportFailure) {
    let config = try ImportedKubeConfig.read(request.kubeconfig, secret: request.secret)
    try await check(config, request)
    let engine = HelmEngine(
      connection: ClusterConnection(.text(JSON.string(config.document))), worker: helmWorker, threads: 1)
    let release = ReleaseIdentity(name: Self.releaseName, namespace: request.values.namespace)
    do {
      // Only this manager works on the release, so one that is unfinished was interrupted.
      _ = try await engine.recover(release)
      let installed = try await engine.installOrUpgrade(
        release, chart: AgentChart.chart, values: request.chartValues)
      logger.info(
        "installed an agent",
        metadata: ["cluster": "\(config.server)", "release": "\(release)", "revision": "\(installed.revision)"])
    } catch let error as HelmError where error.code == .invalidValues {
      throw ImportFailure(
        reason: "OptionsInvalid",
        message: "the agent cannot be installed with the options of the Cluster (spec.agentTolerations and so on):"
          + " \(error.message)")
    } catch {
      throw ImportFailure(
        reason: "InstallFailed", message: "installing release \(release) on \(config.server) failed: \(error)")
    }
  }

  /// Finds out in a few requests what would keep Helm from installing, since Helm's own words for it are many and late.
  private func check(_ config: KubeConfig, _ request: ImportRequest) async throws(ImportFailure) {
    var limits = KubeClientLimits()
    limits.requestTimeout = Limits.importRequestTimeout
    let client: KubeClient
    do {
      client = try KubeClient(config: config, userAgent: "flotilla-manager", limits: limits, logger: logger)
    } catch {
      throw Self.failure(error, config, request)
    }
    let problem: ImportFailure?
    do throws(KubeClientError) {
      _ = try await client.serverVersion()
      let isAllowed = try await Self.mayDoEverything(client)
      problem =
        isAllowed
        ? nil
        : ImportFailure(
          reason: "Forbidden",
          message:
            "the user of the kubeconfig in Secret \(request.secret) may not do everything on \(config.server), which"
            + " installing an agent takes: bind it to the ClusterRole cluster-admin there, or install the chart"
            + " flotilla-agent by hand")
    } catch {
      problem = Self.failure(error, config, request)
    }
    await client.shutdown()
    if let problem { throw problem }
  }

  /// Kubernetes lets nobody hand out rights that they have not themselves, and the agent gets all.
  private static func mayDoEverything(_ client: KubeClient) async throws(KubeClientError) -> Bool {
    let reviews = APIResource(
      group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectAccessReview",
      plural: "selfsubjectaccessreviews", namespaced: false)
    let answer = try await client.create(
      reviews,
      [
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": ["resourceAttributes": ["group": "*", "resource": "*", "verb": "*"]],
      ])
    return answer.at("status", "allowed")?.bool == true
  }

  private static func failure(
    _ error: KubeClientError, _ config: KubeConfig, _ request: ImportRequest
  ) -> ImportFailure {
    let source = "Secret \(request.secret)"
    switch error.code {
    case .configuration:
      return ImportFailure(
        reason: "KubeConfigInvalid", message: "the kubeconfig in \(source) cannot be used: \(error.message)")
    case .unauthorized:
      return ImportFailure(
        reason: "Unauthorized",
        message: "\(config.server) does not take the credentials of the kubeconfig in \(source): renew them")
    case .forbidden:
      return ImportFailure(
        reason: "Forbidden", message: "the kubeconfig in \(source) has no rights on \(config.server): \(error.message)")
    case .unavailable where error.message.contains("certificate"):
      return ImportFailure(
        reason: "CertificateInvalid",
        message:
          "\(error.message): set certificate-authority-data of the kubeconfig in \(source) to the authority of that"
          + " API server")
    case .unavailable, .timeout:
      return ImportFailure(
        reason: "Unreachable",
        message:
          "\(error.message): the manager has to reach the server of the kubeconfig in \(source); it is tried again")
    default:
      return ImportFailure(
        reason: "ConnectionFailed", message: "\(config.server) (kubeconfig in \(source)): \(error.message)")
    }
  }
}

/// A kubeconfig that somebody handed to the manager: it may hold credentials, but neither name files of the manager's nor
/// have it run programs.
enum ImportedKubeConfig {
  private static let files: Set = ["certificate-authority", "client-certificate", "client-key", "tokenFile"]

  /// Reads it. `secret` is `namespace/name` of where it comes from.
  static func read(_ text: String, secret: String) throws(ImportFailure) -> KubeConfig {
    let place = "Secret \(secret), key value"
    do {
      let document = try YAML.parse(
        Array(text.utf8), file: place, limits: DocumentLimits(bytes: Limits.importKubeconfigBytes)
      ).first
      for (list, member) in [("clusters", "cluster"), ("users", "user")] {
        for entry in document?[list]?.array ?? [] {
          guard let name = entry[member]?.object?.first(where: { files.contains($0.key) && $0.value != "" })?.key else {
            continue
          }
          throw ImportFailure(
            reason: "KubeConfigInvalid",
            message:
              "\(place): \(name) names a file, and the manager opens none for others: put its content in, for example"
              + " with kubectl config view --flatten --minify --raw")
        }
      }
      return try KubeConfig.load(text: text, name: place)
    } catch let failure as ImportFailure {
      throw failure
    } catch {
      throw ImportFailure(reason: "KubeConfigInvalid", message: "the kubeconfig cannot be used: \(error)")
    }
  }
}
