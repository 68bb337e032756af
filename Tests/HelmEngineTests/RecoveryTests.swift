import Document
import TestSupport
import Testing

@testable import HelmEngine

/// Records as a crash in the middle of an operation leaves them.
@Suite(.controlPlane) struct RecoveryTests {
  private func plane() throws -> ControlPlane { try ControlPlane.ofSuite() }

  private func engine() throws -> HelmEngine {
    HelmEngine(connection: ClusterConnection(.file(try plane().kubeconfig)), worker: workerCommand)
  }

  private func chart(_ name: String) throws -> Chart {
    try Chart.wrapping(manifests: configMap(name), metadata: ChartMetadata(name: "web", version: "1.0.0"))
  }

  /// Writes a state into Helm's record of a revision, as the process that died would have left it.
  private func interrupt(_ release: ReleaseIdentity, revision: Int, status: String) async throws {
    let secret = "sh.helm.release.v1.\(release.name).v\(revision)"
    let program = """
      import base64, gzip, json, sys
      secret = json.load(sys.stdin)
      release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
      release["info"]["status"] = "\(status)"
      data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
      print(json.dumps({"data": {"release": data}, "metadata": {"labels": {"status": "\(status)"}}}))
      """
    let stored = try await plane().kubectl("-n", release.namespace, "get", "secret", secret, "-o", "json")
    let patch = try await Command(["python3", "-c", program], input: stored).checked()
    try await plane().kubectl("-n", release.namespace, "patch", "secret", secret, "--type=merge", "-p", patch)
  }

  @Test("an interrupted upgrade goes back to what was deployed, and the next upgrade works")
  func pendingUpgrade() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "upgrade", namespace: "upgrade")
    _ = try await engine.install(release, chart: chart("a"))
    _ = try await engine.upgrade(release, chart: chart("b"))
    try await interrupt(release, revision: 1, status: "deployed")
    try await interrupt(release, revision: 2, status: "pending-upgrade")
    #expect(try await engine.status(release) == .pendingUpgrade)
    let error = await #expect(throws: HelmError.self) { _ = try await engine.upgrade(release, chart: chart("c")) }
    #expect(error?.code == .operationInProgress, "\(error?.message ?? "")")

    #expect(try await engine.recover(release) == .rolledBack(to: 1))
    #expect(try await engine.get(release)?.manifest.contains("name: a") == true)
    #expect(try await engine.upgrade(release, chart: chart("c")).status == .deployed)
    #expect(try await engine.recover(release) == .nothing)
  }

  @Test("an interrupted first installation keeps its objects, and the next upgrade works")
  func pendingInstall() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "install", namespace: "install")
    _ = try await engine.install(release, chart: chart("a"))
    let uid = try await plane().kubectl("-n", "install", "get", "cm", "a", "-o", "jsonpath={.metadata.uid}")
    try await interrupt(release, revision: 1, status: "pending-install")
    #expect(try await engine.recover(release) == .rolledBack(to: 1))
    #expect(try await engine.installOrUpgrade(release, chart: chart("a")).status == .deployed)
    #expect(try await plane().kubectl("-n", "install", "get", "cm", "a", "-o", "jsonpath={.metadata.uid}") == uid)
  }

  @Test("an interrupted removal is carried through")
  func uninstalling() async throws {
    let engine = try engine()
    let release = ReleaseIdentity(name: "remove", namespace: "remove")
    _ = try await engine.install(release, chart: chart("a"))
    try await interrupt(release, revision: 1, status: "uninstalling")
    #expect(try await engine.recover(release) == .uninstalled)
    #expect(try await engine.status(release) == nil)
    #expect(try await engine.installOrUpgrade(release, chart: chart("a")).revision == 1)
  }
}
