import Foundation
import HelmEngine

/// What a manager is started with; the command's flags fill it (design §10).
public struct ManagerConfiguration: Sendable {
  /// Everything durable lives here: database, git mirrors, keys, certificates, `admin.kubeconfig`.
  public var dataDirectory: String
  /// Host the API listens on, an IP address or name.
  public var apiHost: String
  /// Port the API listens on; 0 picks a free one, seen in `admin.kubeconfig`.
  public var apiPort: Int
  /// Further DNS names and IP addresses the serving certificate is for.
  public var apiNames: [String]
  /// Where the bus listens, `tcp://HOST:PORT`; port 0 picks a free one.
  public var busAddress: String
  /// What agents are told to connect to; nil means the bound address.
  public var busPublicEndpoint: String?
  /// True: there is a Cluster `fleet-local/local`, whose agent the caller runs.
  public var localCluster: Bool
  /// How often agents that have nothing to say are heard of.
  public var heartbeatInterval: Duration
  /// How long a manager that stops may take to send its agents away.
  public var drainWindow: Duration
  /// The share of a cluster's deployments, in percent, that may be removed unasked after the store was restored or emptied.
  public var unconfirmedRemovals: Int
  /// True: whoever joins with a token waits until somebody lets it in.
  public var requiresApproval: Bool
  /// How long one git operation may take (fleet-behaviour §7.2).
  public var gitTimeout: Duration
  /// The image of agents that the manager installs; nil takes the chart's own.
  public var agentImage: AgentImage?
  /// How children are started in which Helm fetches charts and renders values.
  public var helmWorker: HelmWorkerCommand

  /// Defaults are those of `flotilla manager`.
  public init(
    dataDirectory: String, apiHost: String = "127.0.0.1", apiPort: Int = 6443, apiNames: [String] = [],
    busAddress: String = "tcp://127.0.0.1:5671", busPublicEndpoint: String? = nil, localCluster: Bool = false,
    heartbeatInterval: Duration = .seconds(10), drainWindow: Duration = .seconds(3), unconfirmedRemovals: Int = 25,
    requiresApproval: Bool = false,
    gitTimeout: Duration = .seconds(30),
    helmWorker: HelmWorkerCommand = .ownExecutable()
  ) {
    self.dataDirectory = dataDirectory
    self.apiHost = apiHost
    self.apiPort = apiPort
    self.apiNames = apiNames
    self.busAddress = busAddress
    self.busPublicEndpoint = busPublicEndpoint
    self.localCluster = localCluster
    self.heartbeatInterval = heartbeatInterval
    self.drainWindow = drainWindow
    self.unconfirmedRemovals = unconfirmedRemovals
    self.requiresApproval = requiresApproval
    self.gitTimeout = gitTimeout
    self.helmWorker = helmWorker
  }
}
