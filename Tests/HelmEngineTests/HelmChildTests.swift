import Document
import Foundation
import TestSupport
import Testing

@testable import HelmEngine

/// Helm in a child process, against a real API server. That releases come out the same is what ReleaseTests and RecoveryTests show.
@Suite(.controlPlane) struct HelmChildTests {
  private let release = ReleaseIdentity(name: "shop", namespace: "prod")

  private func plane() throws -> ControlPlane { try ControlPlane.ofSuite() }

  private func child(idle: Duration = .seconds(60), threads: Int = 2) -> HelmChild {
    HelmChild(command: workerCommand, libraryPath: HelmLibrary.defaultPath, threads: threads, idle: idle)
  }

  private func install(_ name: String, hook: String = "") throws -> HelmRequest {
    var request = HelmRequest(.install, ReleaseIdentity(name: name, namespace: "child"))
    let chart = try Chart.wrapping(
      manifests: configMap(name) + hook, metadata: ChartMetadata(name: "web", version: "1.0.0"))
    request.parameters = ["values": "{}", "install": DeployOptions().installOptions()]
    request.attachment = try ChartArchive.pack(chart)
    request.connection = ClusterConnection(.file(try plane().kubeconfig))
    return request
  }

  /// The process of a child that runs: other tests of this process have children, too.
  private func process(of child: HelmChild) throws -> Int32 {
    let directory = try #require(child.directory)
    let all = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
    let own = all.first { pid in
      FileManager.default.contents(atPath: "/proc/\(pid)/environ")?.range(of: Data("TMPDIR=\(directory)\0".utf8)) != nil
    }
    return try #require(own)
  }

  @Test("many requests go side by side in one child, which ends when there are none, and begins anew with the next")
  func idle() async throws {
    let child = child(idle: .seconds(5), threads: 4)
    let version = try await child.perform(HelmRequest(.version)).header["version"]
    #expect(version == "v4.2.3")
    let started = try process(of: child)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 { group.addTask { _ = try await child.perform(install("many-\(index)")) } }
      try await group.waitForAll()
    }
    let names = try await plane().kubectl("-n", "child", "get", "cm", "-o", "name")
    for index in 0..<8 { #expect(names.contains("configmap/many-\(index)\n")) }
    try await eventually("the child ends") { kill(started, 0) != 0 }
    #expect(child.directory == nil)
    #expect(try await child.perform(HelmRequest(.version)).header["version"] == "v4.2.3")
  }

  @Test("a child that is killed fails what it had, and the next request has another one")
  func killed() async throws {
    let child = child()
    _ = try await child.perform(HelmRequest(.version))
    let own = try process(of: child)
    // A hook that never ends keeps the installation under way.
    let hook = """
      ---
      apiVersion: batch/v1
      kind: Job
      metadata: {name: endless, annotations: {helm.sh/hook: pre-install}}
      spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}

      """
    let request = try install("killed", hook: hook)
    let running = Task { await failure { try await child.perform(request) } }
    try await eventually("the installation runs") {
      try await plane().kubectl("-n", "child", "get", "jobs", "-o", "name", "--ignore-not-found").contains("endless")
    }
    #expect(kill(own, SIGKILL) == 0)
    let error = await running.value
    #expect(error?.code == .workerFailed, "\(error?.message ?? "")")
    #expect(error?.message.contains("installing release child/killed") == true, "\(error?.message ?? "")")
    #expect(try await child.perform(HelmRequest(.version)).header["version"] == "v4.2.3")
  }

  @Test("a request that waits for its turn is taken back by its task's end; one that has begun is not")
  func cancelled() async throws {
    let child = child(threads: 1)
    let first = Task { try await child.perform(install("first")) }
    let second = Task { try await child.perform(install("second")) }
    second.cancel()
    await #expect(throws: CancellationError.self) { _ = try await second.value }
    _ = try await first.value
    #expect(try await child.perform(HelmRequest(.version)).header["version"] == "v4.2.3")
    let names = try await plane().kubectl("-n", "child", "get", "cm", "-o", "name")
    #expect(names.contains("configmap/first\n") && !names.contains("configmap/second\n"))
  }

  @Test("a program that is not there is named, and so is a library")
  func missing() async throws {
    let nowhere = HelmChild(
      command: HelmWorkerCommand(executable: "/nowhere/worker"), libraryPath: HelmLibrary.defaultPath, threads: 1)
    let program = await failure { try await nowhere.perform(HelmRequest(.version)) }
    #expect(program?.code == .workerFailed && program?.message.contains("/nowhere/worker") == true)
    let engine = HelmEngine(worker: workerCommand, libraryPath: "/nowhere/libhelm_c.so")
    let library = await failure { try await engine.helmVersion() }
    #expect(library?.code == .libraryMissing && library?.message.contains("scripts/helm-library") == true)
  }

  @Test("a chart's templates find the cluster's objects, and one that loops costs a child of its own")
  func rendering() async throws {
    let engine = HelmEngine(connection: ClusterConnection(.file(try plane().kubeconfig)), worker: workerCommand)
    try await plane().kubectl("create", "namespace", "looked-up")
    var options = RenderOptions()
    options.lookup = true
    let looking = chart(template: "a: {{ (lookup \"v1\" \"Namespace\" \"\" \"looked-up\").metadata.name }}\n")
    let found = try await engine.render(chart: looking, release: release, options: options)
    #expect(found.manifests.contains("a: looked-up"))
    options.lookup = false
    let plain = try await engine.render(
      chart: chart(template: "a: {{ .Release.Name }}\n"), release: release, options: options)
    #expect(plain.manifests.contains("a: \(release.name)"))
    var limits = HelmWorkerLimits()
    limits.renderTime = .milliseconds(500)
    let endless =
      "{{ range until 10000 }}{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}{{ end }}"
    try await withWorkers(limits: limits) { workers in
      for lookup in [false, true] {
        options.lookup = lookup
        let error = await failure {
          try await workers.render(
            chart: chart(template: endless), release: release, options: options,
            connection: ClusterConnection(.file(try plane().kubeconfig)))
        }
        #expect(error?.code == .limitExceeded, "\(error?.message ?? "")")
      }
    }
  }
}
