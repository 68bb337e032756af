import Foundation
import TestSupport
import Testing

@testable import GitSource

@Suite("known_hosts")
struct KnownHostsTests {
  private static func key(_ kind: String, _ seed: UInt8) -> Data {
    Data([0, 0, 0, UInt8(kind.utf8.count)]) + Data(kind.utf8) + Data(repeating: seed, count: 32)
  }

  @Test("plain, listed, bracketed, wildcard, negated, hashed and revoked names are judged as OpenSSH does")
  func verdicts() throws {
    let (one, two, other) = (Self.key("ssh-ed25519", 1), Self.key("ssh-ed25519", 2), Self.key("ssh-rsa", 3))
    let text = """
      # comment
      plain,second ssh-ed25519 \(one.base64EncodedString()) somebody
      [plain]:2222 ssh-ed25519 \(two.base64EncodedString())
      *.example.com,!bad.example.com\tssh-ed25519 \(one.base64EncodedString())
      rsa-only ssh-rsa \(other.base64EncodedString())
      @revoked * ssh-rsa \(Self.key("ssh-rsa", 9).base64EncodedString())
      @cert-authority ca.example.org ssh-ed25519 \(one.base64EncodedString())
      broken line
      plain ssh-ed25519 !!!notbase64
      """
    let hosts = KnownHosts(text)
    let cases: [(String, Int, Data, KnownHosts.Verdict)] = [
      ("plain", 22, one, .known), ("PLAIN", 22, one, .known), ("second", 22, one, .known), ("plain", 22, two, .changed),
      ("plain", 2222, two, .known), ("plain", 2222, one, .changed), ("plain", 23, one, .unknown),
      ("a.example.com", 22, one, .known), ("bad.example.com", 22, one, .unknown), ("example.com", 22, one, .unknown),
      ("rsa-only", 22, one, .otherKinds(["ssh-rsa"])), ("plain", 22, other, .otherKinds(["ssh-ed25519"])),
      ("anything", 22, Self.key("ssh-rsa", 9), .revoked), ("ca.example.org", 22, one, .unknown),
    ]
    for (host, port, key, verdict) in cases {
      #expect(hosts.verdict(host: host, port: port, key: key) == verdict, "\(host):\(port)")
    }
  }

  @Test("names that ssh-keygen hashed are found, and its fingerprints are ours")
  func realTools() async throws {
    try await withTemporaryDirectory { directory in
      try await run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", directory + "/key"])
      let fields = try String(contentsOfFile: directory + "/key.pub", encoding: .utf8).split(separator: " ")
      let key = try #require(Data(base64Encoded: String(fields[1])))
      let file = directory + "/known_hosts"
      try "[git.example.com]:2222,10.0.0.1 ssh-ed25519 \(fields[1])\n".write(
        toFile: file, atomically: true, encoding: .utf8)
      try await run("/usr/bin/ssh-keygen", ["-q", "-H", "-f", file])
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(!text.contains("example"))
      let hosts = KnownHosts(text)
      #expect(hosts.verdict(host: "git.example.com", port: 2222, key: key) == .known)
      #expect(hosts.verdict(host: "10.0.0.1", port: 22, key: key) == .known)
      #expect(hosts.verdict(host: "git.example.com", port: 22, key: key) == .unknown)
      let shown = try await run("/usr/bin/ssh-keygen", ["-l", "-f", directory + "/key.pub"])
      #expect(shown.contains(KnownHosts.fingerprint(of: key)))
    }
  }
}
