import Foundation
import Testing

@testable import KubeServer

@Suite("certificates")
struct ServingCertificatesTests {
  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = NSTemporaryDirectory() + "certificates-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
  }

  private func mode(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
  }

  private func bearer(_ kubeconfig: String) throws -> [String: String] {
    let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
    let token = try #require(text.split(separator: "\n").first { $0.contains("token: ") }?.split(separator: " ").last)
    return ["authorization": "Bearer \(token)"]
  }

  @Test("a restart finds the same authority, certificate and token; keys are for their owner alone")
  func restart() async throws {
    try await inDirectory { directory in
      let first = try ServingCertificates(directory: directory + "/pki", hosts: ["fleet.example.com", "10.1.2.3"])
      let kubeconfig = directory + "/admin.kubeconfig"
      try first.writeAdminKubeconfig(path: kubeconfig, server: "https://127.0.0.1:1")
      let headers = try bearer(kubeconfig)
      let second = try ServingCertificates(directory: directory + "/pki", hosts: ["fleet.example.com", "10.1.2.3"])
      #expect(second.authorityPEM == first.authorityPEM && second.servingPEM == first.servingPEM)
      try second.writeAdminKubeconfig(path: kubeconfig, server: "https://127.0.0.1:2")
      #expect(try bearer(kubeconfig) == headers)
      #expect(try String(contentsOfFile: kubeconfig, encoding: .utf8).contains("https://127.0.0.1:2"))
      #expect(await second.authenticator(headers)?.groups.contains("system:masters") == true)
      for wrong in [
        [:], ["authorization": "Bearer x"], ["authorization": "Bearer "],
        ["authorization": headers["authorization"]?.uppercased() ?? ""],
      ] {
        #expect(await second.authenticator(wrong) == nil)
      }
      for file in ["pki/ca.key", "pki/serving.key", "pki/admin.token.sha256", "admin.kubeconfig"] {
        #expect(try mode("\(directory)/\(file)") == 0o600, "\(file)")
      }
      #expect(try mode(directory + "/pki") == 0o700)
      let stored = try String(contentsOfFile: directory + "/pki/admin.token.sha256", encoding: .utf8)
      #expect(headers["authorization"]?.contains(stored.trimmingCharacters(in: .whitespacesAndNewlines)) == false)
    }
  }

  @Test("the serving certificate is made anew for other hosts and before it ends; the authority stays")
  func renewal() async throws {
    try await inDirectory { directory in
      let now = Date()
      let first = try ServingCertificates(directory: directory, hosts: ["a.example"], now: now)
      #expect(try first.renewIfNeeded(now: now.addingTimeInterval(300 * 86_400)) == false)
      let before = first.servingPEM
      #expect(try first.renewIfNeeded(now: now.addingTimeInterval(340 * 86_400)))
      #expect(first.servingPEM != before)
      let second = try ServingCertificates(directory: directory, hosts: ["b.example"])
      #expect(second.servingPEM != first.servingPEM && second.authorityPEM == first.authorityPEM)
    }
  }

  @Test("an authority that does not fit its key is refused and left alone, with what to do")
  func broken() async throws {
    try await inDirectory { directory in
      let first = try ServingCertificates(directory: directory + "/a", hosts: [])
      _ = try ServingCertificates(directory: directory + "/b", hosts: [])
      try FileManager.default.removeItem(atPath: directory + "/a/ca.key")
      #expect { try ServingCertificates(directory: directory + "/a", hosts: []) } throws: {
        "\($0)".contains("restore the key from a backup")
      }
      try FileManager.default.copyItem(atPath: directory + "/b/ca.key", toPath: directory + "/a/ca.key")
      #expect { try ServingCertificates(directory: directory + "/a", hosts: []) } throws: {
        "\($0)".contains("do not belong together")
      }
      #expect(try String(contentsOfFile: directory + "/a/ca.crt", encoding: .utf8) == first.authorityPEM)
    }
  }
}
