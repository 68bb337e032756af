import Foundation
import GitSource
import TestSupport
import Testing

/// OpenSSH's server with keys of its own.
struct SSHServer {
  static let program = "/usr/sbin/sshd"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

  let server: TestServer
  /// The server's public host key, `kind base64`.
  let hostKey: String
  private let work: String

  var port: Int { server.port }
  var user: String { NSUserName() }

  /// Starts the server, which knows one client key. The key files are `client` and `host` in the directory.
  init(work: String, hostKeyKind: String = "ed25519") async throws {
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    self.work = work
    try await Self.makeKey(work + "/host", kind: hostKeyKind)
    try await Self.makeKey(work + "/client")
    if getuid() == 0 {
      try? FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
    }
    let port = try TestServer.freePort()
    try FileManager.default.copyItem(atPath: work + "/client.pub", toPath: work + "/authorized_keys")
    try """
    Port \(port)
    ListenAddress 127.0.0.1
    HostKey \(work)/host
    AuthorizedKeysFile \(work)/authorized_keys
    PidFile none
    StrictModes no
    UsePAM no
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin prohibit-password
    """.write(toFile: work + "/sshd_config", atomically: true, encoding: .utf8)
    server = try await TestServer(Self.program, ["-D", "-f", work + "/sshd_config"], port: port)
    hostKey = try Self.publicKey(work + "/host")
  }

  var clientKey: String {
    get throws { try String(contentsOfFile: work + "/client", encoding: .utf8) }
  }

  /// Lets another public key in.
  func authorize(_ file: String) throws {
    let line = try String(contentsOfFile: file, encoding: .utf8)
    let old = try String(contentsOfFile: work + "/authorized_keys", encoding: .utf8)
    try (old + line).write(toFile: work + "/authorized_keys", atomically: true, encoding: .utf8)
  }

  static func makeKey(_ file: String, kind: String = "ed25519", passphrase: String = "") async throws {
    try await run("/usr/bin/ssh-keygen", ["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", file])
  }

  static func publicKey(_ file: String) throws -> String {
    try String(contentsOfFile: file + ".pub", encoding: .utf8).split(separator: " ").prefix(2).joined(separator: " ")
  }
}

@Suite("ssh:// with OpenSSH's server", .enabled(if: SSHServer.isInstalled, "apt-get install openssh-server"))
struct SSHTests {
  @Test("a known host and an authorised key fetch; a passphrase opens an encrypted key")
  func access() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try repository.write("a", "1")
      let head = try await repository.commit()
      let server = try await SSHServer(work: directory + "/ssh")
      let hosts = "[127.0.0.1]:\(server.port) \(server.hostKey)\n"
      let url = "ssh://\(server.user)@127.0.0.1:\(server.port)\(repository.path)"
      let plain = try GitRemote(url: url, credentials: .ssh(privateKey: server.clientKey), knownHosts: hosts)
      let mirror = GitMirror(directory: directory + "/m")
      #expect(try await mirror.fetch(.branch("master"), from: plain) == head)
      #expect(try await mirror.tree(of: head).contents(of: "a") == Array("1".utf8))
      try repository.write("a", "2")
      let next = try await repository.commit()
      #expect(try await mirror.fetch(.branch("master"), from: plain) == next)
      try await SSHServer.makeKey(directory + "/locked", passphrase: "open sesame")
      try server.authorize(directory + "/locked.pub")
      let locked = try String(contentsOfFile: directory + "/locked", encoding: .utf8)
      let opened = try GitRemote(
        url: url, credentials: .ssh(privateKey: locked, passphrase: "open sesame"), knownHosts: hosts)
      #expect(try await GitMirror.resolve(.branch("master"), of: opened) == next)
      let wrong = try GitRemote(
        url: url, credentials: .ssh(privateKey: locked, passphrase: "closed"), knownHosts: hosts)
      let error = await gitError { _ = try await GitMirror.references(of: wrong) }
      #expect(
        error?.code == .authenticationFailed && error?.message.contains("sesame") == false,
        "\(String(describing: error))")
    }
  }

  @Test("a host that is unknown, changed or listed with another kind of key is refused, unless checks are switched off")
  func hostKeys() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      let head = try await repository.commit()
      let server = try await SSHServer(work: directory + "/ssh")
      for name in ["stranger", "rsa"] {
        try await SSHServer.makeKey("\(directory)/\(name)", kind: name == "rsa" ? "rsa" : "ed25519")
      }
      let place = "[127.0.0.1]:\(server.port)"
      let shown = try await run("/usr/bin/ssh-keygen", ["-l", "-f", directory + "/ssh/host.pub"])
      let fingerprint = shown.split(separator: " ")[1]
      let cases: [(String?, String)] = [
        (nil, "add known_hosts"), ("[127.0.0.1]:1 \(server.hostKey)", "ssh-keyscan -p \(server.port) 127.0.0.1"),
        ("127.0.0.1 \(server.hostKey)", "not in the known hosts"),
        ("\(place) \(try SSHServer.publicKey(directory + "/stranger"))", "not the one in the known hosts"),
        ("\(place) \(try SSHServer.publicKey(directory + "/rsa"))", "which have ssh-rsa"),
        ("@revoked \(place) \(server.hostKey)", "revoked"),
      ]
      let url = "ssh://\(server.user)@127.0.0.1:\(server.port)\(repository.path)"
      for (hosts, text) in cases {
        let remote = try GitRemote(url: url, credentials: .ssh(privateKey: server.clientKey), knownHosts: hosts)
        let error = await gitError { _ = try await GitMirror.references(of: remote) }
        #expect(error?.code == .hostKeyUnknown, "\(String(describing: error))")
        #expect(
          error?.message.contains(text) == true && error?.message.contains(fingerprint) == true,
          "\(error?.message ?? "")")
      }
      let open = try GitRemote(
        url: url, credentials: .ssh(privateKey: server.clientKey), insecureSkipHostKeyChecks: true)
      #expect(try await GitMirror.resolve(.branch("master"), of: open) == head)
    }
  }

  @Test("a host with an ECDSA key is known too; one with nothing but RSA is told why it cannot be used")
  func kinds() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      let head = try await repository.commit()
      func remote(_ kind: String) async throws -> (SSHServer, GitRemote) {
        let server = try await SSHServer(work: "\(directory)/\(kind)", hostKeyKind: kind)
        let url = "ssh://\(server.user)@127.0.0.1:\(server.port)\(repository.path)"
        let hosts = "[127.0.0.1]:\(server.port) \(server.hostKey)"
        return (server, try GitRemote(url: url, credentials: .ssh(privateKey: server.clientKey), knownHosts: hosts))
      }
      let (ecdsa, good) = try await remote("ecdsa")
      #expect(try await GitMirror.resolve(.branch("master"), of: good) == head)
      let (rsa, bad) = try await remote("rsa")
      let error = await gitError { _ = try await GitMirror.references(of: bad) }
      #expect(error?.code == .unreachable && error?.message.contains("ed25519 or ECDSA host key") == true)
      withExtendedLifetime((ecdsa, rsa)) {}
    }
  }

  @Test("keys that the server does not know, none at all, and repositories that are not there are told apart")
  func refusals() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try await repository.commit()
      let server = try await SSHServer(work: directory + "/ssh")
      try await SSHServer.makeKey(directory + "/stranger")
      try await SSHServer.makeKey(directory + "/rsa", kind: "rsa")
      let base = "ssh://\(server.user)@127.0.0.1:\(server.port)"
      func error(_ credentials: GitRemote.Credentials, _ path: String) async throws -> GitError? {
        let remote = try GitRemote(
          url: base + path, credentials: credentials, knownHosts: "[127.0.0.1]:\(server.port) \(server.hostKey)")
        return await gitError { _ = try await GitMirror.references(of: remote) }
      }
      let stranger = try String(contentsOfFile: directory + "/stranger", encoding: .utf8)
      let rsa = try String(contentsOfFile: directory + "/rsa", encoding: .utf8)
      let cases: [(GitRemote.Credentials, String)] = [
        (.ssh(privateKey: stranger), "refuses the SSH key"), (.ssh(privateKey: rsa), "use an ed25519 key"),
        (.none, "there are none"), (.basic(username: server.user, password: "x"), "does not accept a user name"),
        (.ssh(privateKey: "not a key"), "not in PEM"),
      ]
      for (credentials, text) in cases {
        let found = try await error(credentials, repository.path)
        #expect(found?.code == .authenticationFailed, "\(String(describing: found))")
        #expect(found?.message.contains(text) == true, "\(String(describing: found))")
      }
      let absent = try await error(.ssh(privateKey: server.clientKey), directory + "/nothing")
      #expect(absent?.code == .repositoryNotFound, "\(String(describing: absent))")
    }
  }
}
