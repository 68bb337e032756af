import Document
import Foundation
import Testing

@testable import KubeClient

@Suite("KubeConfig") struct KubeConfigTests {
  private let text = """
    apiVersion: v1
    kind: Config
    current-context: main
    clusters:
    - name: c
      cluster: {server: "https://10.0.0.1:6443/", certificate-authority-data: aGVsbG8=, tls-server-name: api.example}
    - name: plain
      cluster: {server: "https://h", insecure-skip-tls-verify: true}
    contexts:
    - {name: main, context: {cluster: c, user: u, namespace: web}}
    - {name: other, context: {cluster: plain, user: t}}
    - {name: exec, context: {cluster: c, user: e}}
    - {name: half, context: {cluster: c, user: h}}
    - {name: lost, context: {cluster: gone}}
    - {name: basic, context: {cluster: c, user: b}}
    users:
    - {name: u, user: {client-certificate-data: Y2VydA==, client-key-data: a2V5, as: boss, as-groups: [g]}}
    - {name: t, user: {tokenFile: token}}
    - {name: e, user: {exec: {command: aws}}}
    - {name: h, user: {client-certificate-data: Y2VydA==}}
    - {name: b, user: {username: a, password: s3cret}}
    """

  @Test("a context leads to its cluster and its user, and the description tells no secret")
  func contexts() throws {
    let main = try KubeConfig.load(text: text)
    #expect(main.server == "https://10.0.0.1:6443" && main.namespace == "web" && main.tlsServerName == "api.example")
    #expect(main.certificateAuthority == Array("hello".utf8) && main.clientKey == Array("key".utf8))
    #expect(main.impersonatedUser == "boss" && main.impersonatedGroups == ["g"])
    let other = try KubeConfig.load(text: text, folder: "/etc/kube", context: "other")
    #expect(other.token == .file("/etc/kube/token") && other.insecureSkipTLSVerify && other.namespace == "default")
    var secret = KubeConfig(server: "https://h")
    secret.token = .fixed("s3cret")
    for shown in ["\(secret)", String(reflecting: secret), "\(Mirror(reflecting: secret).children.map { "\($0)" })"] {
      #expect(!shown.contains("s3cret"))
    }
  }

  @Test("what it writes stands alone and reads back the same")
  func roundTrip() throws {
    for context in ["main", "other"] {
      let config = try KubeConfig.load(text: text, folder: "/etc/kube", context: context)
      let again = try KubeConfig.load(text: YAML.emit(config.document))
      #expect(again.document == config.document)
    }
  }

  @Test("what cannot be used is refused with the entry's name")
  func refusals() {
    for (context, part) in [
      ("exec", "user \"e\" uses exec"), ("half", "user \"h\" needs both"), ("lost", "no entry \"gone\" in clusters"),
      ("none", "no entry \"none\" in contexts"),
      ("basic", "user \"b\" has a user name"),
    ] {
      #expect("a config error with \(part)") {
        _ = try KubeConfig.load(text: text, context: context)
      } throws: {
        ($0 as? KubeClientError)?.code == .configuration && "\($0)".contains(part)
      }
    }
    for wrong in ["", "clusters: [", "current-context: x"] {
      #expect(throws: KubeClientError.self) { try KubeConfig.load(text: wrong) }
    }
    #expect {
      _ = try KubeConfig.load(path: "/nowhere/kubeconfig")
    } throws: { "\($0)".contains("cannot read /nowhere/kubeconfig: No such file") }
  }

  @Test("files are found beside the kubeconfig, and a pod's service account in its folder")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kubeconfig-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, content) in [
      ("ca.crt", "CA"), ("token", "T\n"), ("namespace", "ns"), ("client.crt", "C"), ("client.key", "K"),
    ] {
      try Data(content.utf8).write(to: folder.appendingPathComponent(name))
    }
    let file = folder.appendingPathComponent("config")
    let config = """
      {current-context: x, contexts: [{name: x, context: {cluster: x, user: x}}],
       clusters: [{name: x, cluster: {server: 'https://h', certificate-authority: ca.crt}}],
       users: [{name: x, user: {client-certificate: client.crt, client-key: client.key}}]}
      """
    try Data(config.utf8).write(to: file)
    let loaded = try KubeConfig.load(path: file.path)
    #expect(loaded.certificateAuthority == Array("CA".utf8) && loaded.clientCertificate == Array("C".utf8))
    let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"]
    let pod = try KubeConfig.inCluster(environment: environment, directory: folder.path)
    #expect(
      pod.server == "https://[fd00::1]:6443" && pod.namespace == "ns" && pod.token == .file("\(folder.path)/token"))
    #expect(throws: KubeClientError.self) { try KubeConfig.inCluster(environment: [:]) }
    #expect(throws: KubeClientError.self) { try KubeConfig.inCluster(environment: environment, directory: "/nowhere") }
  }

  @Test("a token file is read again when it is old, or when its token was refused")
  func tokens() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("one\n".utf8).write(to: file)
    let source = TokenSource(.file(file.path), limits: .init())
    #expect(try await source.current() == "one")
    try Data("two\n".utf8).write(to: file)
    #expect(try await source.current() == "one")
    #expect(try await source.current(refused: "one") == "two")
    var limits = KubeClientLimits()
    limits.tokenAge = .zero
    let impatient = TokenSource(.file(file.path), limits: limits)
    _ = try await impatient.current()
    try Data("three".utf8).write(to: file)
    #expect(try await impatient.current() == "three")
  }

  @Test("server addresses are taken apart, and nonsense is refused")
  func addresses() throws {
    #expect(try ServerAddress("https://h:1").base() == "https://h:1")
    #expect(try ServerAddress("https://[::1]:6443/k8s/c").base(host: "name") == "https://name:6443/k8s/c")
    #expect(try ServerAddress("http://h").host == "h")
    for wrong in ["h:1", "ftp://h", "https://", "https://h:x", "https://h:70000", "https://u@h"] {
      #expect(throws: KubeClientError.self, "\(wrong)") { try ServerAddress(wrong) }
    }
  }
}
