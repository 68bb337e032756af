import Foundation

/// A chart repository on loopback: `index.yaml` and archives over HTTP, or over HTTPS with an authority of its own.
///
/// Its address has the host name `localhost`; 127.0.0.1 leads to it too, for tests that need two names.
public final class ChartRepositoryServer: Sendable {
  /// One request that it got.
  public struct Request: Sendable, Hashable, Decodable {
    /// The path, `/index.yaml` for example.
    public let path: String
    /// The header `Authorization`, empty where there was none.
    public let authorization: String
  }

  /// How it answers instead of with a file.
  public enum Behaviour: Sendable {
    /// Sends the client to another address.
    case redirect(String)
    /// Answers with this status and nothing else.
    case status(Int)
    /// Goes on sending zeros until the client goes away.
    case endless
    /// Sends a byte now and then, for ever: this many seconds apart.
    case drip(seconds: Double)
    /// Sends this text.
    case text(String)
  }

  /// Its port, picked free.
  public let port: Int
  /// The certificate of its authority in PEM; empty without TLS.
  public let certificate: String
  private let scheme: String
  private let directory: String
  private let process: RunningCommand

  /// Its address, without a slash at the end.
  public var url: String { address(host: "localhost") }

  /// Its address by another of its names.
  public func address(host: String) -> String { "\(scheme)://\(host):\(port)" }

  private init(port: Int, certificate: String, scheme: String, directory: String, process: RunningCommand) {
    self.port = port
    self.certificate = certificate
    self.scheme = scheme
    self.directory = directory
    self.process = process
  }

  /// Starts a repository; the caller stops it.
  ///
  /// - Parameters:
  ///   - charts: what it has; more can be published later.
  ///   - isTLS: whether it speaks TLS, with a certificate that nobody trusts yet.
  ///   - user: who alone may read; nil lets everybody.
  public static func start(
    charts: [PackagedChart] = [], isTLS: Bool = true, user: TestUser? = nil
  ) async throws -> ChartRepositoryServer {
    let directory = try TemporaryDirectory.make("charts")
    do {
      let authority = isTLS ? try await TestAuthority.make(in: directory) : nil
      try FileManager.default.createDirectory(atPath: directory + "/www", withIntermediateDirectories: true)
      var configuration = ["directory": directory]
      configuration["certificate"] = authority?.serverCertificateFile
      configuration["key"] = authority?.serverKeyFile
      configuration["authorization"] = user.map {
        "Basic " + Data("\($0.name):\($0.password)".utf8).base64EncodedString()
      }
      try JSONEncoder().encode(configuration).write(to: URL(filePath: directory + "/configuration.json"))
      let process = try Command(
        ["python3", "-c", ChartServerScripts.repository, directory + "/configuration.json"]
      ).start(log: directory + "/log")
      do {
        let port = try await ChartServerScripts.port(in: directory + "/port", of: process)
        let server = ChartRepositoryServer(
          port: port, certificate: authority?.certificate ?? "", scheme: isTLS ? "https" : "http", directory: directory,
          process: process)
        for chart in charts { try server.publish(chart) }
        return server
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

  /// Adds a chart, or replaces that version of it; the index has it at once.
  ///
  /// - Parameters:
  ///   - address: what the index says where the archive is; nil names the file relative to the index.
  ///   - digest: what the index says is its SHA-256; nil takes the true one.
  public func publish(_ chart: PackagedChart, address: String? = nil, digest: String? = nil) throws {
    let path = "\(directory)/www/\(chart.fileName)"
    var entry = ["name": chart.name, "version": chart.version]
    entry["url"] = address
    entry["digest"] = digest
    try chart.archive.write(to: URL(filePath: path))
    try JSONEncoder().encode(entry).write(to: URL(filePath: path + ".entry"))
  }

  /// From now on answers requests for a path, `/index.yaml` for example, in a way of its own.
  public func answer(_ path: String, by behaviour: Behaviour) throws {
    let description: [String: String] =
      switch behaviour {
      case .redirect(let address): ["redirect": address]
      case .status(let status): ["status": "\(status)"]
      case .endless: ["endless": "true"]
      case .drip(let seconds): ["drip": "\(seconds)"]
      case .text(let text): ["text": text]
      }
    let file = URL(filePath: "\(directory)/www\(path).behaviour")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try JSONEncoder().encode(description).write(to: file)
  }

  /// The requests so far, in order.
  public func requests() throws -> [Request] {
    let text = (try? String(contentsOfFile: directory + "/requests", encoding: .utf8)) ?? ""
    return try text.split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
  }

  /// Ends it and removes its files.
  public func stop() async {
    process.kill()
    await process.finish()
    try? FileManager.default.removeItem(atPath: directory)
  }
}

/// Runs the body with a repository, and stops that afterwards.
public func withChartRepository<Result>(
  charts: [PackagedChart] = [], isTLS: Bool = true, user: TestUser? = nil,
  isolation: isolated (any Actor)? = #isolation,
  _ body: (ChartRepositoryServer) async throws -> Result
) async throws -> Result {
  let server = try await ChartRepositoryServer.start(charts: charts, isTLS: isTLS, user: user)
  do {
    let result = try await body(server)
    await server.stop()
    return result
  } catch {
    await server.stop()
    throw error
  }
}
