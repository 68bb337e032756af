import GitSource
import Testing

@Suite("URLs and what messages show")
struct URLTests {
  @Test("the transports that are served are taken apart")
  func served() throws {
    let cases: [(String, GitURL.Scheme, String, Int, String?)] = [
      ("https://example.com/a/b.git", .https, "example.com", 443, nil),
      ("HTTPS://Example.com:8443/x", .https, "Example.com", 8443, nil),
      ("http://u:p%40ss@[::1]:80/x", .http, "::1", 80, "u"),
      ("ssh://git@host:2222/srv/x.git", .ssh, "host", 2222, "git"), ("git@host:org/x.git", .ssh, "host", 22, "git"),
      ("host:x", .ssh, "host", 22, nil), ("git://host/x", .git, "host", 9418, nil),
      ("file:///srv/x", .file, "", 0, nil),
    ]
    for (text, scheme, host, port, user) in cases {
      let url = try GitURL(text)
      #expect(url.scheme == scheme && url.host == host && url.port == port && url.user == user, "\(text)")
    }
  }

  @Test(
    "everything else is refused by name",
    arguments: [
      "", "ext::sh -c id", "ext::id", "--upload-pack=id", "-oProxyCommand=id:x", "ssh://-oProxyCommand=id/x", "/srv/x",
      "./x",
      "ftp://h/x", "fd::17", "file://host/x", "https://h", "https:///x", "https://h:99999/x", "https://h/x\ny",
      "https://h/a b",
      "javascript:alert(1)::x", "x", "git@-host:x", "host:-x",
    ])
  func refused(text: String) async {
    #expect(await gitError { _ = try GitURL(text) }?.code == .invalidURL)
  }

  @Test("neither passwords nor keys are in any description, dump or error")
  func secrets() async throws {
    let secret = "s3cr3t-canary"
    let port = try TestServer.freePort()
    let remotes = [
      try GitRemote(url: "https://user:\(secret)@127.0.0.1:\(port)/x"),
      try GitRemote(url: "https://127.0.0.1:\(port)/x", credentials: .basic(username: "u", password: secret)),
      try GitRemote(
        url: "ssh://git:\(secret)@127.0.0.1:\(port)/x", credentials: .ssh(privateKey: secret, passphrase: secret)),
    ]
    for remote in remotes {
      var dumped = ""
      dump(remote, to: &dumped)
      let error = await gitError { _ = try await GitMirror.references(of: remote) }
      let texts = [remote.description, "\(remote)", dumped, remote.url.description, error?.message ?? ""]
      for text in texts { #expect(!text.contains(secret), "\(text)") }
      #expect(error?.code == .unreachable)
    }
  }
}
