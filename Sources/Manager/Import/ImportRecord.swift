import Document
import Fleet
import Store

/// The last installation of an agent by the manager, stored under the Cluster's own namespace and name; never served.
struct ImportRecord: Sendable, Equatable {
  /// UID of the Cluster, so that one deleted and made again is installed again.
  var clusterUID: String
  /// Its `redeployAgentGeneration`.
  var generation: Int64
  /// The digest of its options, see ``AgentChartValues/digest``.
  var options: String
  /// What the agent was told to connect to.
  var endpoints: [String]
  /// When it was installed, RFC 3339.
  var installed: String

  /// Where a cluster's record is stored.
  static func key(cluster: ObjectName) -> ObjectKey {
    ObjectKey(kind: StoredKind.agentImports, namespace: cluster.namespace, name: cluster.name)
  }

  /// The stored form.
  func encoded() -> [UInt8] {
    JSON.encode([
      "clusterUID": .string(clusterUID), "generation": .integer(generation), "options": .string(options),
      "endpoints": .array(endpoints.map(Value.string)), "installed": .string(installed),
    ])
  }

  /// Reads a stored record; nil where it is none, and the agent is installed again.
  init?(decoding body: [UInt8]) {
    guard let value = try? JSON.parse(body), let uid = value["clusterUID"]?.string,
      let generation = value["generation"]?.integer, let options = value["options"]?.string,
      let endpoints = value["endpoints"]?.array, let installed = value["installed"]?.string
    else { return nil }
    self.init(
      clusterUID: uid, generation: generation, options: options, endpoints: endpoints.compactMap(\.string),
      installed: installed)
  }

  init(clusterUID: String, generation: Int64, options: String, endpoints: [String], installed: String) {
    self.clusterUID = clusterUID
    self.generation = generation
    self.options = options
    self.endpoints = endpoints
    self.installed = installed
  }
}
