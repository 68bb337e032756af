import Document
import Fleet
import Store

/// What a GitRepo's Secrets say of chart servers.
struct GitRepoCharts: Sendable {
  /// With what its charts are fetched.
  var sources = ChartSources()
  /// Digests of the data of the Secrets that `helmSecretName` and `helmSecretNameForPaths` name; empty where there is none.
  var secretHash = ""
  var secretForPathsHash = ""
  /// Why credentials that the GitRepo names cannot be used; nil when they can, or there are none.
  var problem: String?
}

/// Finds the credentials for the charts of GitRepos (fleet-behaviour §2.5).
///
/// A Secret that is missing or unreadable does not stop the repository, as it does in Fleet: only those charts cannot be
/// fetched that its credentials would be sent for.
struct ChartSecrets: Sendable {
  let objects: ObjectRepository

  /// The Secrets that a GitRepo names for its charts, whether they exist or not.
  static func names(_ repo: GitRepo) -> [String] {
    [repo.spec.helmSecretName, repo.spec.helmSecretNameForPaths].filter { !$0.isEmpty }
  }

  /// Reads a GitRepo's Secrets.
  func read(_ repo: GitRepo) async throws -> GitRepoCharts {
    let namespace = repo.metadata.namespace
    var charts = GitRepoCharts()
    var credentials: HelmCredentials?
    var byPath: [String: HelmCredentials]?
    do {
      if !repo.spec.helmSecretNameForPaths.isEmpty {
        let name = "\(namespace)/\(repo.spec.helmSecretNameForPaths)"
        let secret = try await secret(
          name, repo.spec.helmSecretNameForPaths, namespace, field: "helmSecretNameForPaths")
        charts.secretForPathsHash = Self.hash(secret)
        byPath = try HelmCredentials.byPath(secretData: SecretData(secret, name: name).data, secret: name)
      } else if !repo.spec.helmSecretName.isEmpty {
        let name = "\(namespace)/\(repo.spec.helmSecretName)"
        let secret = try await secret(name, repo.spec.helmSecretName, namespace, field: "helmSecretName")
        charts.secretHash = Self.hash(secret)
        credentials = try HelmCredentials(secretData: SecretData(secret, name: name).data, secret: name)
      }
    } catch let error as ManagerError where error.code == .invalid {
      charts.problem = error.message
    } catch let error as FleetError {
      charts.problem = error.description
    }
    do {
      charts.sources.access = try ChartAccess(
        regex: repo.spec.helmRepoURLRegex, credentials: credentials, byPath: byPath,
        insecureSkipTLSVerify: repo.spec.insecureSkipTLSVerify)
      if let problem = charts.problem { charts.sources.refusal = try Self.refusal(problem, repo) }
    } catch {
      // Nobody knows where credentials may go, so nothing is fetched.
      let problem = "spec.\(error.description)"
      charts.problem = problem
      charts.sources.refusal = { _ in problem }
    }
    return charts
  }

  /// Refuses the charts for which the credentials that are not there would be sent.
  private static func refusal(
    _ problem: String, _ repo: GitRepo
  ) throws(FleetError) -> @Sendable (ChartRequest) -> String? {
    let marker = HelmCredentials(username: "missing")
    let complete = try ChartAccess(regex: repo.spec.helmRepoURLRegex, credentials: marker)
    return { request in complete.credentials(for: request)?.username == marker.username ? problem : nil }
  }

  private func secret(_ full: String, _ name: String, _ namespace: String, field: String) async throws -> Value {
    let key = ObjectKey(kind: StoredKind.secrets, namespace: namespace, name: name)
    guard let secret = try await objects.get(key) else {
      throw ManagerError(.invalid, "the Secret \(full) (spec.\(field)) does not exist; create it")
    }
    return secret
  }

  private static func hash(_ secret: Value) -> String { Digests.sha256Hex(JSON.encode(secret["data"] ?? .null)) }
}
