import Document

/// What an agent is given to register: the `values` key of a registration token's Secret, with the user's additions
/// (fleet-behaviour §6.2). In place of an API server's address and certificate it has the bus endpoints and the manager's
/// public key.
public struct RegistrationValues: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  /// Where the manager's bus is, such as `tcp://manager.example.com:5671`; tried in order.
  public var managerEndpoints: [String]
  /// The token, which also holds the manager's public key.
  public var token: JoinToken
  /// The key that the manager is going to have, base64url; empty while no change of it is under way.
  public var nextManagerPublicKey = ""
  /// The namespace that the cluster registers in.
  public var clusterNamespace: String
  /// The name of the ClusterRegistrationToken.
  public var tokenName: String
  /// The namespace of registrations on the manager.
  public var systemRegistrationNamespace: String
  /// Labels for the Cluster, added by the user.
  public var labels: [String: String]
  /// By which the cluster is known when it registers again; empty means its kube-system namespace's uid.
  public var clientID: String
  /// The agent's namespace on the cluster.
  public var agentNamespace: String

  /// The namespace of registrations unless another one is given.
  public static let defaultSystemRegistrationNamespace = "cattle-fleet-clusters-system"
  /// The agent's namespace unless another one is given.
  public static let defaultAgentNamespace = "cattle-fleet-system"

  private static let known: Set = [
    "managerEndpoint", "managerEndpoints", "managerPublicKey", "nextManagerPublicKey", "token", "tokenName",
    "clusterNamespace",
    "systemRegistrationNamespace", "labels", "clientID", "agentNamespace", "internal",
  ]

  /// Values of a token.
  public init(
    managerEndpoints: [String], token: JoinToken, clusterNamespace: String, tokenName: String,
    systemRegistrationNamespace: String = RegistrationValues.defaultSystemRegistrationNamespace,
    labels: [String: String] = [:], clientID: String = "",
    agentNamespace: String = RegistrationValues.defaultAgentNamespace
  ) {
    self.managerEndpoints = managerEndpoints
    self.token = token
    self.clusterNamespace = clusterNamespace
    self.tokenName = tokenName
    self.systemRegistrationNamespace = systemRegistrationNamespace
    self.labels = labels
    self.clientID = clientID
    self.agentNamespace = agentNamespace
  }

  /// Reads a values file.
  ///
  /// - Throws: ``FleetError`` with code `invalidRegistration` that names file, line and key.
  public init(parsing bytes: [UInt8], file: String) throws(FleetError) {
    let documents: [Value]
    do {
      documents = try YAML.parse(bytes, file: file, limits: DocumentLimits(bytes: Limits.registrationBytes))
    } catch {
      throw FleetError(
        .invalidRegistration, error.message, file: file, line: error.line > 0 ? error.line : nil, cause: error)
    }
    guard documents.count == 1, let root = documents.first else {
      throw FleetError(
        .invalidRegistration, "must be one YAML document: the decoded `values` key of a registration token's Secret",
        file: file)
    }
    let locator = KeyLocator(String(decoding: bytes, as: UTF8.self))
    do {
      try self.init(root)
    } catch {
      throw FleetError(
        .invalidRegistration, error.message, file: file, line: error.key.flatMap { locator.line(of: $0) },
        key: error.key, cause: error)
    }
  }

  private init(_ root: Value) throws(FleetError) {
    let reader = try FieldReader(root)
    if let unknown = reader.fields.keys.filter({ !RegistrationValues.known.contains($0) }).min() {
      let suggestion = Spelling.nearest(to: unknown, among: RegistrationValues.known.subtracting(["internal"]))
      throw reader.invalid(
        unknown,
        "is not a key of registration values; "
          + (suggestion.map { "did you mean \"\($0)\"? " } ?? "") + "Known keys are "
          + RegistrationValues.known.subtracting(["internal"]).sorted().joined(separator: ", "))
    }
    managerEndpoints = try reader.strings("managerEndpoints")
    if let single = try reader.string("managerEndpoint") { managerEndpoints.insert(single, at: 0) }
    guard !managerEndpoints.isEmpty else {
      throw reader.invalid("managerEndpoints", "is missing: a list such as [tcp://manager.example.com:5671]")
    }
    for (index, endpoint) in managerEndpoints.enumerated() where !RegistrationValues.isEndpoint(endpoint) {
      throw FleetError(
        .invalidRegistration, "\"\(endpoint.prefix(200))\" is not an address such as tcp://manager.example.com:5671",
        key: "managerEndpoints[\(index)]")
    }
    guard let text = try reader.string("token") else {
      throw reader.invalid("token", "is missing: use the `values` key of the token's Secret as it is")
    }
    token = try JoinToken(text)
    if let key = try reader.string("managerPublicKey"), key != token.managerPublicKey {
      throw reader.invalid("managerPublicKey", "is not the key in the token; use the `values` key of one Secret")
    }
    nextManagerPublicKey = try reader.text("nextManagerPublicKey")
    guard nextManagerPublicKey.isEmpty || JoinToken.isKey(nextManagerPublicKey) else {
      throw reader.invalid("nextManagerPublicKey", "must be a public key, 43 characters of base64url")
    }
    clusterNamespace = try reader.text("clusterNamespace")
    guard !clusterNamespace.isEmpty else { throw reader.invalid("clusterNamespace", "is missing") }
    tokenName = try reader.text("tokenName")
    systemRegistrationNamespace =
      try reader.string("systemRegistrationNamespace") ?? RegistrationValues.defaultSystemRegistrationNamespace
    labels = try reader.stringMap("labels") ?? [:]
    clientID = try reader.text("clientID")
    let given = try reader.string("agentNamespace")
    let inherited = try reader.object("internal")?.string("systemNamespace")
    agentNamespace = given ?? inherited ?? RegistrationValues.defaultAgentNamespace
  }

  private static func isEndpoint(_ text: String) -> Bool {
    guard text.hasPrefix("tcp://") else { return text.hasPrefix("ipc://") && text.utf8.count > 6 }
    let rest = text.dropFirst(6)
    guard let colon = rest.lastIndex(of: ":"), colon != rest.startIndex else { return false }
    guard let port = Int(rest[rest.index(after: colon)...]) else { return false }
    return (1...65_535).contains(port)
  }

  /// The values as YAML, to which a user can append keys such as `labels`.
  public var yaml: String {
    var writer = FieldWriter()
    writer.set("clusterNamespace", clusterNamespace)
    writer.set("managerEndpoints", managerEndpoints)
    writer.set("managerPublicKey", token.managerPublicKey)
    writer.set("nextManagerPublicKey", nextManagerPublicKey)
    writer.set("token", token.text)
    writer.set("tokenName", tokenName)
    writer.set("systemRegistrationNamespace", systemRegistrationNamespace)
    writer.set("labels", labels)
    writer.set("clientID", clientID)
    if agentNamespace != RegistrationValues.defaultAgentNamespace { writer.set("agentNamespace", agentNamespace) }
    return YAML.emit(writer.value)
  }

  /// The values without the token's secret.
  public var description: String { "\(clusterNamespace) at \(managerEndpoints.joined(separator: ", ")), \(token)" }
  /// The values without the token's secret.
  public var debugDescription: String { description }
}
