import ArgumentParser
import Document
import Fleet
import KubeClient
import Logging

/// `flotilla agent list`
struct AgentListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the agents of a manager, and those that wait to be let in.",
    discussion: """
      STATE is connected, offline, revoked, waiting (for `flotilla agent approve`), denied, or new where no agent has been
      heard of. KEY is the beginning of the agent's public key, which the agent logs, too.

      Examples:
        flotilla agent list
        flotilla agent list -n fleet-default -o json
      """)

  @Option(name: [.customShort("o"), .long], help: "text, yaml or json.")
  var output = InspectionFormat.text

  @OptionGroup(title: "Manager") var manager: ManagerOptions
  @OptionGroup(title: "Logging") var logging: VerbLogging

  func run() async throws {
    let logger = logging.bootstrap("agent-list")
    let rows = try await manager.withManager(logger) { api in
      let clusters = try await api.list(.cluster, namespace: manager.explicitNamespace)
      let registrations = try await api.list(.clusterRegistration, namespace: manager.explicitNamespace)
      return clusters.map(AgentRow.init(cluster:)) + registrations.compactMap(AgentRow.init(registration:))
    }
    let sorted = rows.sorted { $0.name < $1.name }
    try StandardOutput.write(
      output.print(["agents": .array(sorted.map(\.value))]) { _ in AgentRow.table(sorted) })
  }
}

/// What is known of one agent.
struct AgentRow {
  let name: String
  let state: String
  let lastSeen: String
  let key: String
  let version: String
  /// The next key of the manager's that the agent knows.
  let nextManagerKey: String

  init(cluster: Value) {
    name = Self.name(of: cluster)
    let conditions = Conditions(cluster.at("status", "conditions"))
    lastSeen = cluster.at("status", "agent", "lastSeen")?.string ?? ""
    key = cluster.at("status", "agent", "publicKey")?.string ?? ""
    version = cluster.at("status", "agent", "version")?.string ?? ""
    nextManagerKey = cluster.at("status", "agent", "nextManagerKey")?.string ?? ""
    if conditions["Revoked"]?.isTrue == true {
      state = "revoked"
    } else if lastSeen.isEmpty {
      state = "new"
    } else {
      state = conditions["Connected"]?.isTrue == true ? "connected" : "offline"
    }
  }

  /// Nil for a registration that has been granted: its Cluster is listed.
  init?(registration: Value) {
    guard registration.at("status", "granted")?.bool == false else { return nil }
    name = Self.name(of: registration)
    state =
      registration.at("metadata", "annotations", AgentAnnotations.approved)?.string == "false" ? "denied" : "waiting"
    lastSeen = ""
    key = registration.at("metadata", "annotations", AgentAnnotations.key)?.string ?? ""
    version = ""
    nextManagerKey = ""
  }

  private static func name(of object: Value) -> String {
    "\(object.at("metadata", "namespace")?.string ?? "")/\(object.at("metadata", "name")?.string ?? "")"
  }

  var value: Value {
    [
      "name": .string(name), "state": .string(state), "lastSeen": .string(lastSeen), "publicKey": .string(key),
      "version": .string(version), "nextManagerKey": .string(nextManagerKey),
    ]
  }

  /// The rows for people; the column about the manager's key only while that is being changed.
  static func table(_ rows: [AgentRow]) -> String {
    guard !rows.isEmpty else { return "No agent has joined, and none waits.\n" }
    let changes = rows.contains { !$0.nextManagerKey.isEmpty }
    var lines = [["AGENT", "STATE", "LAST-SEEN", "KEY", "VERSION"] + (changes ? ["KNOWS-NEXT-KEY"] : [])]
    for row in rows {
      let cells = [row.name, row.state, row.lastSeen, String(row.key.prefix(12)), row.version].map { SafeText.line($0) }
      lines.append(cells.map { $0.isEmpty ? "-" : $0 } + (changes ? [row.nextManagerKey.isEmpty ? "no" : "yes"] : []))
    }
    let widths = lines[0].indices.map { index in lines.map { $0[index].count }.max() ?? 0 }
    return lines.map { line in
      let cells = zip(line, widths).map { $0.padding(toLength: $1) }
      return cells.joined(separator: "  ").trimmingTrailingSpaces + "\n"
    }.joined()
  }
}

extension String {
  fileprivate func padding(toLength length: Int) -> String {
    self + String(repeating: " ", count: max(0, length - count))
  }
  fileprivate var trimmingTrailingSpaces: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
