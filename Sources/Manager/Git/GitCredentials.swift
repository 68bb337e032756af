import Document
import Fleet
import GitSource
import Store

/// What a GitRepo's Secrets and ConfigMaps say of its server (fleet-behaviour §7.4).
struct GitAccess: Sendable {
  /// How to reach the repository.
  let remote: GitRemote
  /// Changes with the Secret's data, so that a rotated one is noticed; holds nothing secret.
  let fingerprint: String
}

/// Finds the credentials of GitRepos.
struct GitCredentials: Sendable {
  /// The Secret that is used when a GitRepo names none.
  static let defaultSecret = "gitcredential"

  let objects: ObjectRepository
  let timeout: Duration

  /// The remote of a GitRepo with its credentials; throws `ManagerError` that names the Secret and what is wrong with it.
  func access(_ repo: GitRepo) async throws -> GitAccess {
    let name = repo.spec.clientSecretName.isEmpty ? Self.defaultSecret : repo.spec.clientSecretName
    let secret = try await objects.get(
      ObjectKey(kind: StoredKind.secrets, namespace: repo.metadata.namespace, name: name))
    if secret == nil, !repo.spec.clientSecretName.isEmpty {
      throw ManagerError(
        .invalid, "the Secret \(repo.metadata.namespace)/\(name) (spec.clientSecretName) does not exist; create it")
    }
    let data = try secret.map { try SecretData($0, name: "\(repo.metadata.namespace)/\(name)") }
    var authority: String?
    if !repo.spec.caBundle.isEmpty {
      guard let bytes = Base64.decode(repo.spec.caBundle) else {
        throw ManagerError(.invalid, "spec.caBundle is not base64 of PEM certificates")
      }
      authority = String(decoding: bytes, as: UTF8.self)
    }
    let remote = try GitRemote(
      url: repo.spec.repo, credentials: try data?.gitCredentials ?? .none,
      knownHosts: try await knownHosts(data), caBundle: authority,
      insecureSkipTLSVerify: repo.spec.insecureSkipTLSVerify, timeout: timeout)
    let fingerprint = Digests.sha256Hex(
      JSON.encode(["data": secret?["data"] ?? .null, "ca": .string(repo.spec.caBundle)]))
    return GitAccess(remote: remote, fingerprint: fingerprint)
  }

  /// The Secret's `known_hosts`, else the ConfigMap `known-hosts` of the system namespace.
  private func knownHosts(_ secret: SecretData?) async throws -> String? {
    if let own = secret?.text("known_hosts"), !own.isEmpty { return own }
    let shared = try await objects.get(
      ObjectKey(kind: StoredKind.configMaps, namespace: Bootstrap.systemNamespace, name: "known-hosts"))
    return shared?.at("data", "known_hosts")?.string
  }
}

/// The decoded data of a Secret.
struct SecretData: Sendable {
  let name: String
  let type: String
  /// Each key's value, out of base64.
  let data: [String: [UInt8]]

  /// Throws `ManagerError` where a value is not base64.
  init(_ secret: Value, name: String) throws {
    self.name = name
    type = secret["type"]?.string ?? "Opaque"
    var data: [String: [UInt8]] = [:]
    for (key, value) in secret["data"]?.object ?? [:] {
      guard let bytes = value.string.flatMap(Base64.decode) else {
        throw ManagerError(.invalid, "the key \(key) of Secret \(name) is not base64")
      }
      data[key] = bytes
    }
    self.data = data
  }

  /// A value as text; nil when it is absent.
  func text(_ key: String) -> String? { data[key].map { String(decoding: $0, as: UTF8.self) } }

  /// What the Secret offers a git server.
  var gitCredentials: GitRemote.Credentials {
    get throws {
      if let key = text("ssh-privatekey") { return .ssh(privateKey: key, passphrase: nil) }
      if let username = text("username"), let password = text("password") {
        return .basic(username: username, password: password)
      }
      if text("github_app_id") != nil {
        throw ManagerError(
          .invalid,
          "Secret \(name) is of a GitHub App, which is not supported yet; use a token as username and password")
      }
      throw ManagerError(
        .invalid, "Secret \(name) of type \(type) has neither username and password nor ssh-privatekey")
    }
  }
}
