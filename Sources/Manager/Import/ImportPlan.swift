import Document
import Fleet

/// What is known when it is decided what to do about one Cluster that has a kubeconfig.
struct ImportFacts: Sendable {
  var cluster: Cluster
  /// The Secret that `kubeConfigSecret` names; nil where it is not there.
  var secret: Value?
  /// The ClusterRegistrationToken of this import; nil where there is none.
  var token: ClusterRegistrationToken?
  /// What that token's Secret holds; nil until it is there.
  var registration: RegistrationValues?
  /// The last installation; nil where there was none.
  var record: ImportRecord?
  /// When the cluster's agent joined last; nil where it has not.
  var joined: Timestamp?
  /// What agents are told to connect to, unless the Secret says otherwise.
  var endpoints: [String]
  /// The agents' image; nil leaves it to the chart.
  var image: AgentImage?
}

/// An installation that is to be made.
struct ImportRequest: Sendable, Equatable {
  /// The kubeconfig, as the Secret holds it.
  var kubeconfig: String
  /// `namespace/name` of that Secret, for messages.
  var secret: String
  /// The agent's options and namespace.
  var values: AgentChartValues
  /// All of the chart's values; with a secret in them.
  var chartValues: Value
  /// What is noted once it is done.
  var record: ImportRecord
}

/// Decides what the manager does next so that a cluster with a kubeconfig has its agent (fleet-behaviour §6.3). A value
/// without I/O: each step is taken and then decided anew.
enum ImportPlan {
  /// The next step.
  enum Step: Sendable, Equatable {
    /// There is nothing to do. `dropsRecord`: what is noted of an earlier installation is to go.
    case none(dropsRecord: Bool)
    /// The Cluster is not as it has to be; only a person can go on.
    case refuse(reason: String, message: String)
    /// The Cluster gets a client id.
    case assignClientID
    /// A token is to be made, in place of an older one where `replacing`.
    case makeToken(replacing: Bool)
    /// The token's Secret is not there yet.
    case awaitToken
    /// The agent is to be installed, or upgraded.
    case install(ImportRequest)
    /// The agent has joined, and nobody else may with its token.
    case dropToken
  }

  /// How long the token of an import is good.
  static let tokenTTL = "12h"
  /// A token with less time than this left is replaced before an installation: a pod needs time to start.
  static let tokenReserve: Int64 = 3600

  /// The name of the token of a Cluster's import.
  static func tokenName(cluster: String) -> String { Names.safeConcat("import-token", cluster) }

  /// Where a Cluster's kubeconfig Secret is.
  static func secretName(of cluster: Cluster) -> ObjectName {
    let namespace = cluster.spec.kubeConfigSecretNamespace
    return ObjectName(
      namespace: namespace.isEmpty ? cluster.metadata.namespace : namespace, name: cluster.spec.kubeConfigSecret)
  }

  /// Whether Clusters of a namespace may use kubeconfigs of another (fleet-behaviour §6.3).
  static func mayRead(secretNamespace: String, from namespace: String) -> Bool {
    secretNamespace == namespace
      || ["fleet-local", "fleet-default", "cattle-fleet-system", "fleet-system"].contains(secretNamespace)
      || secretNamespace.hasSuffix("-clusters-system") || secretNamespace.hasPrefix("cluster-")
  }

  /// The next step for a Cluster.
  static func next(_ facts: ImportFacts, now: Timestamp) -> Step {
    let cluster = facts.cluster
    guard !cluster.spec.kubeConfigSecret.isEmpty else { return .none(dropsRecord: facts.record != nil) }
    let name = secretName(of: cluster)
    guard mayRead(secretNamespace: name.namespace, from: cluster.metadata.namespace) else {
      return .refuse(
        reason: "SecretNotAllowed",
        message: "spec.kubeConfigSecretNamespace \(name.namespace) is not one that Clusters of"
          + " \(cluster.metadata.namespace) may take a kubeconfig from: put the Secret into"
          + " \(cluster.metadata.namespace), fleet-default or cattle-fleet-system")
    }
    guard !cluster.spec.clientID.isEmpty else { return .assignClientID }
    let values = AgentChartValues(cluster.spec, image: facts.image)
    let endpoints = endpoints(facts)
    let wanted = ImportRecord(
      clusterUID: cluster.metadata.uid, generation: cluster.spec.redeployAgentGeneration, options: values.digest,
      endpoints: endpoints, installed: now.description)
    if let record = facts.record, isCurrent(record, wanted, secretIsThere: facts.secret != nil) {
      guard let token = facts.token, let created = token.metadata.creationTimestamp, let joined = facts.joined,
        joined >= created
      else { return .none(dropsRecord: false) }
      return .dropToken
    }
    return install(facts, values: values, wanted: wanted, secret: name, now: now)
  }

  /// Where the agent finds the manager: the Secret's `apiServerURL` where that is an address of the bus.
  private static func endpoints(_ facts: ImportFacts) -> [String] {
    guard let text = field("apiServerURL", of: facts.secret), text.hasPrefix("tcp://") else { return facts.endpoints }
    return [text]
  }

  /// A kubeconfig may be taken away once the agent is installed; what it said of endpoints is then left as it was.
  private static func isCurrent(_ record: ImportRecord, _ wanted: ImportRecord, secretIsThere: Bool) -> Bool {
    record.clusterUID == wanted.clusterUID && record.generation == wanted.generation
      && record.options == wanted.options && (!secretIsThere || record.endpoints == wanted.endpoints)
  }

  private static func install(
    _ facts: ImportFacts, values: AgentChartValues, wanted: ImportRecord, secret name: ObjectName, now: Timestamp
  ) -> Step {
    guard facts.secret != nil else {
      return .refuse(
        reason: "SecretMissing",
        message: "Secret \(name) is not there: make it with kubectl create secret generic -n \(name.namespace)"
          + " \(name.name) --from-file=value=KUBECONFIG")
    }
    guard let kubeconfig = field("value", of: facts.secret), !kubeconfig.isEmpty else {
      return .refuse(
        reason: "KubeConfigInvalid", message: "Secret \(name) has no key value with the text of a kubeconfig")
    }
    guard let token = facts.token, token.expires.map({ $0.seconds - now.seconds > tokenReserve }) ?? true else {
      return .makeToken(replacing: facts.token != nil)
    }
    guard let registration = facts.registration else { return .awaitToken }
    return .install(
      ImportRequest(
        kubeconfig: kubeconfig, secret: "\(name)", values: values,
        chartValues: values.joining(
          registration, clientID: facts.cluster.spec.clientID, endpoints: wanted.endpoints),
        record: wanted))
  }

  private static func field(_ name: String, of secret: Value?) -> String? {
    if let text = secret?.at("data", name)?.string, let bytes = Base64.decode(text) {
      return String(decoding: bytes, as: UTF8.self)
    }
    return secret?.at("stringData", name)?.string
  }
}
