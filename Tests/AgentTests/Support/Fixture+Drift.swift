import Fleet
import KubeClient
import TestSupport

@testable import Agent

extension Fixture {
  /// The differences that the manager was told last.
  func modified(_ id: String) async -> [String]? {
    await manager.status(id)?.modifiedStatus.map(\.display)
  }

  /// Waits until the manager is told of exactly these differences.
  func waitModified(_ id: String, _ expected: [String]) async throws {
    do {
      try await eventually("\(id) is told to differ", within: .seconds(20)) { await modified(id) == expected }
    } catch {
      throw TestFailure("\(error); expected \(expected), told \(await modified(id) ?? [])")
    }
  }

  /// Options of a bundle in a namespace.
  static func options(_ namespace: String, correct: CorrectDrift? = nil) -> BundleDeploymentOptions {
    var options = BundleDeploymentOptions()
    options.defaultNamespace = namespace
    options.correctDrift = correct
    return options
  }

  /// Two maps, one of which tests paint.
  static let settings = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    data: {colour: red}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: other}
    data: {colour: red}
    """

  /// The colour of a map; nil when it is not there.
  func colour(_ client: KubeClient, _ namespace: String, _ name: String = "settings") async throws -> String? {
    do {
      return try await client.get(.configMaps, namespace: namespace, name: name).at("data", "colour")?.string
    } catch let error where error.code == .notFound {
      return nil
    }
  }

  /// Paints a map behind the agent's back.
  func paint(_ client: KubeClient, _ namespace: String, _ colour: String, _ name: String = "settings") async throws {
    _ = try await client.patch(
      .configMaps, namespace: namespace, name: name, ["data": ["colour": .string(colour)]], type: .merge,
      fieldManager: "painter")
  }

  /// Changes a map behind the agent's back, and says how long it took until it was red again.
  @discardableResult
  func restoring(
    _ client: KubeClient, _ namespace: String, _ name: String = "settings", _ change: () async throws -> Void = {}
  ) async throws -> Duration {
    try await change()
    let began = ContinuousClock.now
    try await eventually("\(name) is restored", within: .seconds(30), every: .milliseconds(3)) {
      try await colour(client, namespace, name) == "red"
    }
    return ContinuousClock.now - began
  }
}
