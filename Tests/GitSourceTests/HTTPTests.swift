import Foundation
import GitSource
import TestSupport
import Testing

@Suite("https:// with a server of its own CA")
struct HTTPTests {
  @Test("the CA bundle, the pinned certificate or the explicit switch let us in; nothing else does")
  func trust() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/srv/r")
      try repository.write("a", "1")
      let head = try await repository.commit()
      let server = try await HTTPServer(serving: directory + "/srv", work: directory + "/signed")
      let other = try await HTTPServer(serving: directory + "/srv", work: directory + "/self", selfSigned: true)
      let (signed, selfSigned) = ("https://localhost:\(server.port)/r/.git", "https://localhost:\(other.port)/r/.git")
      let good = [
        try GitRemote(url: signed, caBundle: server.authority),
        try GitRemote(url: signed, caBundle: other.authority + server.authority),
        try GitRemote(url: selfSigned, caBundle: other.certificate),
        try GitRemote(url: signed, insecureSkipTLSVerify: true),
      ]
      for (index, remote) in good.enumerated() {
        let mirror = GitMirror(directory: directory + "/m\(index)")
        #expect(try await mirror.fetch(.branch("master"), from: remote) == head)
        #expect(try await mirror.tree(of: head).contents(of: "a") == Array("1".utf8))
      }
      let bad = [
        (try GitRemote(url: signed), "caBundle"),
        (try GitRemote(url: signed, caBundle: other.authority), "not trusted"),
        (try GitRemote(url: selfSigned, caBundle: server.authority), "not trusted"),
        (try GitRemote(url: "https://127.0.0.1:\(server.port)/r/.git", caBundle: server.authority), "not trusted"),
        (try GitRemote(url: "https://127.0.0.1:\(other.port)/r/.git", caBundle: other.certificate), "not trusted"),
        (
          try GitRemote(url: signed, caBundle: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
          "cannot be read"
        ),
      ]
      for (remote, text) in bad {
        let error = await gitError { _ = try await GitMirror.references(of: remote) }
        #expect(
          error?.code == .certificateInvalid && error?.message.contains(text) == true, "\(String(describing: error))")
      }
    }
  }

  @Test("a certificate for an address is good for that address")
  func address() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/srv/r")
      let head = try await repository.commit()
      let server = try await HTTPServer(serving: directory + "/srv", work: directory + "/w", names: "IP:127.0.0.1")
      let remote = try GitRemote(url: "https://127.0.0.1:\(server.port)/r/.git", caBundle: server.authority)
      #expect(try await GitMirror.resolve(.branch("master"), of: remote) == head)
      let named = try GitRemote(url: "https://localhost:\(server.port)/r/.git", caBundle: server.authority)
      #expect(await gitError { _ = try await GitMirror.references(of: named) }?.code == .certificateInvalid)
    }
  }

  @Test("the right password gets in, a wrong one and none are told apart, and no message holds either")
  func passwords() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/srv/r")
      let head = try await repository.commit()
      let server = try await HTTPServer(serving: directory + "/srv", work: directory + "/w", login: "tom:t0psecret")
      let url = "https://localhost:\(server.port)/r/.git"
      func remote(_ credentials: GitRemote.Credentials, _ url: String) throws -> GitRemote {
        try GitRemote(url: url, credentials: credentials, caBundle: server.authority)
      }
      let good = try remote(.basic(username: "tom", password: "t0psecret"), url)
      #expect(try await GitMirror(directory: directory + "/m").fetch(.branch("master"), from: good) == head)
      let inURL = try remote(.none, url.replacing("localhost", with: "tom:t0psecret@localhost"))
      #expect(try await GitMirror.resolve(.branch("master"), of: inURL) == head)
      let cases: [(GitRemote, String)] = [
        (try remote(.basic(username: "tom", password: "wr0ngsecret"), url), "refuses the user name and password"),
        (try remote(.none, url), "there are none"),
        (try remote(.ssh(privateKey: "k"), url), "does not accept an SSH key"),
      ]
      for (remote, text) in cases {
        let error = await gitError { _ = try await GitMirror.references(of: remote) }
        #expect(
          error?.code == .authenticationFailed && error?.message.contains(text) == true, "\(String(describing: error))")
        #expect(error?.message.contains("0psecret") == false && error?.message.contains("0ngsecret") == false)
      }
      let absent = try remote(.basic(username: "tom", password: "t0psecret"), "https://localhost:\(server.port)/none")
      #expect(await gitError { _ = try await GitMirror.references(of: absent) }?.code == .repositoryNotFound)
    }
  }

  @Test("credentials are not shown to a server that the first one redirects to; without any, redirects are followed")
  func redirects() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/srv/r")
      let head = try await repository.commit()
      let target = try await HTTPServer(serving: directory + "/srv", work: directory + "/target")
      let first = try await HTTPServer(
        serving: directory + "/srv", work: directory + "/first", redirect: "https://localhost:\(target.port)")
      let url = "https://localhost:\(first.port)/r/.git"
      let bundle = first.authority + target.authority
      #expect(try await GitMirror.resolve(.branch("master"), of: GitRemote(url: url, caBundle: bundle)) == head)
      let seen = target.log.count
      let remote = try GitRemote(
        url: url, credentials: .basic(username: "tom", password: "t0psecret"), caBundle: bundle)
      let error = await gitError { _ = try await GitMirror.references(of: remote) }
      #expect(
        error?.code == .authenticationFailed
          && error?.message.contains("redirects to localhost port \(target.port)") == true)
      #expect(target.log.count == seen, "the second server must not even be connected to")
    }
  }
}
