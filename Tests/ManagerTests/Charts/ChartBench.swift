import Document
import Fleet
import Foundation
import HelmEngine
import TestSupport

@testable import Manager

/// The controllers with what fetches charts: real children of Helm's, a real cache, real git.
struct ChartBench {
  let bench: ControllerBench
  private let workers: HelmWorkers

  init() async throws {
    let workers = HelmWorkers(command: HelmWorkerCommand(executable: helmWorkerProgram, arguments: []))
    self.workers = workers
    bench = try await ControllerBench { data in
      ChartSupplier(
        workers: workers, cacheDirectory: data.charts, gitDirectory: data.git, logger: quietLogger)
    }
  }

  func stop() async {
    await bench.stop()
    await workers.stop()
  }

  static let namespace = "fleet-local"

  /// Makes a GitRepo of a repository with these files.
  func follow(_ name: String, _ files: [String: String], _ spec: [String: Value] = [:]) async throws -> URL {
    let repository = try await bench.repository(files)
    var all = spec
    all["repo"] = .string("file://\(repository.path)")
    all["branch"] = "main"
    all["pollingInterval"] = "1s"
    try await bench.objects.create(
      [
        "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "GitRepo",
        "metadata": ["name": .string(name), "namespace": .string(Self.namespace)], "spec": .object(all),
      ], kind: StoredKind.gitRepos)
    return repository
  }

  /// Makes a Secret, or gives it other data.
  func secret(_ name: String, _ data: [String: String]) async throws {
    let encoded = Value.object(data.mapValues { .string(Data($0.utf8).base64EncodedString()) })
    let isNew = try await bench.objects.createIfAbsent(
      [
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": ["name": .string(name), "namespace": .string(Self.namespace)], "data": encoded,
      ], kind: StoredKind.secrets)
    guard !isNew else { return }
    try await bench.objects.mutate(bench.key(StoredKind.secrets, Self.namespace, name)) { $0["data"] = encoded }
  }

  /// Changes a GitRepo's spec, as a user would.
  func change(_ name: String, _ key: String, to value: Value) async throws {
    try await bench.objects.mutate(bench.key(StoredKind.gitRepos, Self.namespace, name)) { repo in
      repo.set(value, at: "spec", key)
      repo.set(.integer((repo.at("metadata", "generation")?.integer ?? 0) + 1), at: "metadata", "generation")
    }
  }

  /// The GitRepo once it satisfies a condition.
  func gitRepo(_ name: String, where condition: @Sendable (GitRepo) -> Bool) async throws -> GitRepo? {
    let found = try await bench.object(bench.key(StoredKind.gitRepos, Self.namespace, name)) { object in
      (try? GitRepo(object)).map(condition) ?? false
    }
    return try found.map { try GitRepo($0) }
  }

  /// The GitRepo once its bundles are made, well or badly.
  func built(_ name: String) async throws -> GitRepo? {
    try await gitRepo(name) { ["Current", "Failed"].contains($0.status["gitJobStatus"]?.string) }
  }

  /// The files of a stored bundle by name; nil when there is no such bundle.
  func files(_ bundle: String) async throws -> [String: String]? {
    guard let object = try await bench.objects.get(bench.key(StoredKind.bundles, Self.namespace, bundle)),
      let content = StoredContent(object["content"])
    else { return nil }
    var files: [String: String] = [:]
    for resource in try await bench.contents.manifest(content).resources {
      files[resource.name] = String(decoding: try resource.bytes(), as: UTF8.self)
    }
    return files
  }

  /// The contents of a Chart.yaml below `.chart/` of a stored bundle.
  func chart(_ bundle: String) async throws -> String? {
    try await files(bundle)?.first { $0.key.hasPrefix(".chart/") && $0.key.hasSuffix("/Chart.yaml") }?.value
  }
}

extension GitRepo {
  /// The message of a condition; empty where there is none.
  func message(_ condition: String) -> String { Conditions(status["conditions"])[condition]?.message ?? "" }
}

/// Runs the body with a bench, and stops that afterwards.
func withChartBench(_ body: (ChartBench) async throws -> Void) async throws {
  let bench = try await ChartBench()
  do {
    try await body(bench)
  } catch {
    await bench.stop()
    throw error
  }
  await bench.stop()
}
