import Crypto
import Document
import Foundation
import NIOCore
import NIOSSL
import Synchronization

/// The API server's own certificate authority, its serving certificate and its administrator's token, in one directory:
/// `ca.crt`, `ca.key` (0600), `serving.crt`, `serving.key` (0600), `admin.token.sha256` (0600).
///
/// Made at the first start and found again at later ones. The serving certificate is made anew when it nears its end or
/// its hosts change; connections use the new one without a restart.
public final class ServingCertificates: Sendable {
  private struct State {
    var serving: CertificateIssuer.Identity
    var source: ([NIOSSLCertificateSource], NIOSSLPrivateKeySource)
    var tokenDigest: [UInt8]?
  }

  private let directory: String
  private let hosts: [String]
  private let authority: CertificateIssuer.Identity
  private let state: Mutex<State>

  /// Certificate of the authority: what clients have to trust.
  public var authorityPEM: String { authority.certificatePEM }

  /// Finds or makes everything in `directory` for a server that is reached as `hosts` (DNS names and IP addresses;
  /// `localhost`, `127.0.0.1` and `::1` are always added). Throws `internalError` that names the file if something cannot
  /// be read or written, or if the authority is there but unusable: it is never replaced, since clients trust it.
  public convenience init(directory: String, hosts: [String]) throws {
    try self.init(directory: directory, hosts: hosts, now: Date())
  }

  init(directory: String, hosts: [String], now: Date) throws {
    var all: [String] = []
    for host in hosts + ["localhost", "127.0.0.1", "::1"] where !host.isEmpty && !all.contains(host) {
      // Listening on every address is no name to be reached by.
      if host != "0.0.0.0", host != "::" { all.append(host) }
    }
    self.directory = directory
    self.hosts = all
    try PrivateFiles.makeDirectory(directory)
    authority = try Self.authority(in: directory, now: now)
    let (serving, _) = try Self.serving(in: directory, hosts: all, authority: authority, now: now)
    let digest = try PrivateFiles.read(directory + "/admin.token.sha256").flatMap {
      Base64.decode($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    state = Mutex(State(serving: serving, source: try Self.source(serving), tokenDigest: digest))
  }

  /// Makes a new serving certificate if the present one nears its end; true if it did.
  @discardableResult
  public func renewIfNeeded() throws -> Bool { try renewIfNeeded(now: Date()) }

  func renewIfNeeded(now: Date) throws -> Bool {
    let (serving, renewed) = try Self.serving(in: directory, hosts: hosts, authority: authority, now: now)
    guard renewed else { return false }
    let source = try Self.source(serving)
    state.withLock {
      $0.serving = serving
      $0.source = source
    }
    return true
  }

  /// Certificate that is served now, as PEM.
  public var servingPEM: String { state.withLock { $0.serving.certificatePEM } }

  /// Lets in who presents the administrator's token as `Authorization: Bearer`, as `system:masters`.
  public var authenticator: Authenticator {
    { [self] headers in
      guard let header = headers["authorization"], header.lowercased().hasPrefix("bearer ") else { return nil }
      let token = header.dropFirst(7).trimmingCharacters(in: .whitespaces)
      let digest = Array(SHA256.hash(data: Data(token.utf8)))
      guard let known = state.withLock({ $0.tokenDigest }), Self.equal(digest, known) else { return nil }
      return UserInfo(name: "admin", groups: ["system:masters", "system:authenticated"])
    }
  }

  /// Writes a kubeconfig (0600) with which kubectl is the administrator of the server at `server`
  /// (`https://127.0.0.1:6443`). The token of a kubeconfig that is there already is kept while it is valid; otherwise a new
  /// one is made, and the old one is no longer valid.
  public func writeAdminKubeconfig(path: String, server: String, context: String = "flotilla") throws {
    let existing = try PrivateFiles.read(path).flatMap { try? YAML.parse($0).first }
    let token: String
    if let known = existing.flatMap(validToken) {
      token = known
    } else {
      token = Hex.encode((0..<32).map { _ in UInt8.random(in: 0...255) })
      let digest = Array(SHA256.hash(data: Data(token.utf8)))
      try PrivateFiles.write(Base64.encode(digest) + "\n", to: directory + "/admin.token.sha256", mode: 0o600)
      state.withLock { $0.tokenDigest = digest }
    }
    let config: Value = [
      "apiVersion": "v1", "kind": "Config", "current-context": .string(context),
      "clusters": [
        [
          "name": .string(context),
          "cluster": [
            "server": .string(server), "certificate-authority-data": .string(Base64.encode(Array(authorityPEM.utf8))),
          ],
        ]
      ],
      "users": [["name": "admin", "user": ["token": .string(token)]]],
      "contexts": [
        ["name": .string(context), "context": ["cluster": .string(context), "user": "admin"]]
      ],
    ]
    try PrivateFiles.write(YAML.emit(config), to: path, mode: 0o600)
  }

  /// The token of a kubeconfig that this server knows.
  private func validToken(_ config: Value) -> String? {
    guard let token = config["users"]?[0]?.at("user", "token")?.string, let known = state.withLock({ $0.tokenDigest })
    else { return nil }
    return Self.equal(Array(SHA256.hash(data: Data(token.utf8))), known) ? token : nil
  }

  /// The TLS configuration of a server: TLS 1.2 and 1.3, with the certificate read anew for every handshake.
  func tlsConfiguration() throws -> TLSConfiguration {
    let (chain, key) = state.withLock { $0.source }
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    configuration.sslContextCallback = { [self] _, promise in
      let (chain, key) = state.withLock { $0.source }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = chain
      override.privateKey = key
      promise.succeed(override)
    }
    return configuration
  }

  // MARK: - Files

  private static func authority(in directory: String, now: Date) throws -> CertificateIssuer.Identity {
    let (certificatePath, keyPath) = (directory + "/ca.crt", directory + "/ca.key")
    let certificate = try PrivateFiles.read(certificatePath)
    let key = try PrivateFiles.read(keyPath)
    if let certificate, let key {
      let found = CertificateIssuer.Identity(certificatePEM: certificate, keyPEM: key)
      guard CertificateIssuer.isUsable(authority: found, now: now) else {
        throw KubeError.internalError(
          "\(certificatePath) and \(keyPath) are expired or do not belong together; restore them from a backup, or "
            + "remove both for a new authority, which every client then has to be told of")
      }
      return found
    }
    // The key is written first: a crash between the two leaves a key alone, which is made anew.
    guard certificate == nil else {
      throw KubeError.internalError("\(certificatePath) is there without \(keyPath); restore the key from a backup")
    }
    let made = try CertificateIssuer.makeAuthority(now: now)
    try PrivateFiles.write(made.keyPEM, to: keyPath, mode: 0o600)
    try PrivateFiles.write(made.certificatePEM, to: certificatePath, mode: 0o644)
    return made
  }

  private static func serving(
    in directory: String, hosts: [String], authority: CertificateIssuer.Identity, now: Date
  ) throws -> (CertificateIssuer.Identity, renewed: Bool) {
    let (certificatePath, keyPath) = (directory + "/serving.crt", directory + "/serving.key")
    if let certificate = try PrivateFiles.read(certificatePath), let key = try PrivateFiles.read(keyPath) {
      let found = CertificateIssuer.Identity(certificatePEM: certificate, keyPEM: key)
      if CertificateIssuer.isUsable(found, hosts: hosts, authority: authority, now: now) { return (found, false) }
    }
    let made = try CertificateIssuer.makeServing(hosts: hosts, authority: authority, now: now)
    try PrivateFiles.write(made.keyPEM, to: keyPath, mode: 0o600)
    try PrivateFiles.write(made.certificatePEM, to: certificatePath, mode: 0o644)
    return (made, true)
  }

  private static func source(
    _ identity: CertificateIssuer.Identity
  ) throws -> ([NIOSSLCertificateSource], NIOSSLPrivateKeySource) {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)
    return (chain.map { .certificate($0) }, .privateKey(key))
  }

  /// Compares in a time that does not depend on where the difference is.
  private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }
}
