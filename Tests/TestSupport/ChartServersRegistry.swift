import Foundation

/// A real OCI registry on loopback: Debian's `docker-registry`, with its data in a directory of its own.
public final class OCIRegistry: Sendable {
  /// Its port, picked free.
  public let port: Int
  /// The certificate of its authority in PEM; empty without TLS.
  public let certificate: String
  private let user: TestUser?
  private let directory: String
  private let process: RunningCommand

  /// Its host and port, `localhost:41234` for example.
  public var host: String { "localhost:\(port)" }

  /// The address of a chart that was pushed: `oci://localhost:41234/charts/NAME`.
  public func reference(_ name: String) -> String { "\(repository)/\(name)" }

  /// The address below which charts are pushed: `oci://localhost:41234/charts`.
  public var repository: String { "oci://\(host)/charts" }

  private init(port: Int, certificate: String, user: TestUser?, directory: String, process: RunningCommand) {
    self.port = port
    self.certificate = certificate
    self.user = user
    self.directory = directory
    self.process = process
  }

  /// Starts a registry and pushes charts; the caller stops it.
  ///
  /// - Parameters:
  ///   - isTLS: whether it speaks TLS, with a certificate that nobody trusts yet; otherwise plain HTTP.
  ///   - user: who alone may read and write; nil lets everybody.
  public static func start(
    charts: [PackagedChart] = [], isTLS: Bool = true, user: TestUser? = nil
  ) async throws -> OCIRegistry {
    let directory = try TemporaryDirectory.make("registry")
    do {
      let authority = isTLS ? try await TestAuthority.make(in: directory) : nil
      let configuration = directory + "/configuration.yml"
      try Data(try await self.configuration(directory, authority, user).utf8).write(to: URL(filePath: configuration))
      let process = try Command(["docker-registry", "serve", configuration]).start(log: directory + "/log")
      do {
        let registry = OCIRegistry(
          port: try await port(of: process), certificate: authority?.certificate ?? "", user: user,
          directory: directory, process: process)
        for chart in charts { try await registry.push(chart) }
        return registry
      } catch {
        process.kill()
        await process.finish()
        throw error
      }
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      throw error
    }
  }

  /// Pushes a chart below `charts/`, as `helm push` does: its archive, its metadata and the manifest that names both.
  public func push(_ chart: PackagedChart) async throws {
    let archive = "\(directory)/\(chart.fileName)"
    try chart.archive.write(to: URL(filePath: archive))
    var order = [
      "url": "\(certificate.isEmpty ? "http" : "https")://\(host)/v2/charts/\(chart.name)", "archive": archive,
      "name": chart.name, "version": chart.version,
    ]
    order["authorization"] = user.map { "Basic " + Data("\($0.name):\($0.password)".utf8).base64EncodedString() }
    try await Command(
      ["python3", "-c", ChartServerScripts.push],
      input: String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    ).checked()
  }

  /// Ends it and removes its data.
  public func stop() async {
    process.kill()
    await process.finish()
    try? FileManager.default.removeItem(atPath: directory)
  }

  private static func port(of process: RunningCommand) async throws -> Int {
    var port: Int?
    try await eventually("docker-registry listens (apt-get install docker-registry)") {
      if let status = process.status {
        throw Command.Failure("docker-registry ended with \(status): \(process.output)")
      }
      port = process.output.firstMatch(of: /listening on 127\.0\.0\.1:([0-9]+)/).flatMap { Int($0.1) }
      return port != nil
    }
    return port ?? 0
  }

  private static func configuration(
    _ directory: String, _ authority: TestAuthority?, _ user: TestUser?
  ) async throws -> String {
    var text = """
      version: 0.1
      log: {level: info, accesslog: {disabled: true}}
      storage: {filesystem: {rootdirectory: "\(directory)/data"}}
      http:
        addr: 127.0.0.1:0
        secret: test

      """
    if let authority {
      text += "  tls: {certificate: \"\(authority.serverCertificateFile)\", key: \"\(authority.serverKeyFile)\"}\n"
    }
    if let user {
      // Registries take bcrypt alone, which openssl does not make; Perl's crypt is the C library's.
      let hash = try await Command(
        ["perl", "-e", "my $word = <STDIN>; print crypt($word, '$2b$05$flotillaflotillaflotie');"], input: user.password
      ).checked()
      try Data("\(user.name):\(hash)\n".utf8).write(to: URL(filePath: directory + "/htpasswd"))
      text += "auth: {htpasswd: {realm: test, path: \"\(directory)/htpasswd\"}}\n"
    }
    return text
  }
}

/// Runs the body with a registry, and stops that afterwards.
public func withOCIRegistry<Result>(
  charts: [PackagedChart] = [], isTLS: Bool = true, user: TestUser? = nil,
  isolation: isolated (any Actor)? = #isolation,
  _ body: (OCIRegistry) async throws -> Result
) async throws -> Result {
  let registry = try await OCIRegistry.start(charts: charts, isTLS: isTLS, user: user)
  do {
    let result = try await body(registry)
    await registry.stop()
    return result
  } catch {
    await registry.stop()
    throw error
  }
}
