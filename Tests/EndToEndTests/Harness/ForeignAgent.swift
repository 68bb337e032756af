import Document
import Foundation
import class TestSupport.RunningCommand

/// A process of `Tests/PythonAgent/agent.py`, and what it says.
struct ForeignAgent {
  let process: RunningCommand

  init(endpoint: String, token: String, clientID: String, labels: [String], refuse: [String]) async throws {
    let log = try Places.directory("logs") + "/python-agent-\(clientID).log"
    process = try command(
      [
        "python3", Self.file("agent.py"), "--endpoint", endpoint, "--token", token, "--client-id", clientID,
        "--pause-max", "0.5",
      ]
        + labels.flatMap { ["--label", $0] } + refuse.flatMap { ["--refuse", $0] },
      environment: try await Self.environment()
    ).start(log: log)
  }

  static func file(_ name: String) -> String { Places.root + "/Tests/PythonAgent/" + name }

  static func environment() async throws -> [String: String] {
    let packages = try await command([Places.script("python-agent")]).checked(within: .seconds(300))
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return ["PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"]
  }

  var output: String { process.output }

  func kill() { process.kill() }

  /// The events of a kind so far.
  func events(_ kind: String) -> [Value] {
    process.output.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8)) }
      .filter { $0["event"]?.string == kind }
  }

  /// The first event of a kind, once it has happened.
  func event(_ kind: String) async throws -> Value {
    try await eventually("the agent in Python says \(kind)") {
      guard let event = events(kind).first else { throw NotYet(description: output) }
      return event
    }
  }
}
