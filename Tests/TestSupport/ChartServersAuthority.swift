import Foundation

/// A certificate authority of the tests' own, made with openssl, and a certificate of it for loopback.
public struct TestAuthority: Sendable {
  /// The authority's certificate in PEM: what a client has to trust.
  public let certificate: String
  /// The file of the server's certificate, for `localhost` and 127.0.0.1.
  public let serverCertificateFile: String
  /// The file of the server's key.
  public let serverKeyFile: String

  /// Makes an authority whose files are in a directory, which the caller removes.
  public static func make(in directory: String) async throws -> TestAuthority {
    func path(_ name: String) -> String { directory + "/" + name }
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try await Command(
      ["openssl", "req", "-x509"] + key
        + ["-keyout", path("ca.key"), "-out", path("ca.crt"), "-subj", "/CN=flotilla test authority", "-days", "2"]
    ).checked()
    try await Command(
      ["openssl", "req"] + key + ["-keyout", path("server.key"), "-out", path("server.csr"), "-subj", "/CN=localhost"]
    ).checked()
    try Data("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n".utf8)
      .write(to: URL(filePath: path("extensions")))
    try await Command([
      "openssl", "x509", "-req", "-in", path("server.csr"), "-CA", path("ca.crt"), "-CAkey", path("ca.key"),
      "-CAcreateserial", "-days", "2", "-extfile", path("extensions"), "-out", path("server.crt"),
    ]).checked()
    return TestAuthority(
      certificate: try String(contentsOfFile: path("ca.crt"), encoding: .utf8),
      serverCertificateFile: path("server.crt"), serverKeyFile: path("server.key"))
  }
}

/// A user of a test's server.
public struct TestUser: Sendable, Hashable {
  /// The user's name.
  public let name: String
  /// The user's password.
  public let password: String

  /// Makes a user.
  public init(name: String, password: String) {
    self.name = name
    self.password = password
  }
}
