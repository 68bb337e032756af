import Wire

/// What is done with what a session brings: by the agent of a cluster, or by one that only pretends to have one.
///
/// `keep` and `collectGarbage` are called one after another, and so are the others among themselves.
protocol SessionWork: Sendable {
  /// Makes what a message brings durable.
  ///
  /// - Returns: the items that are refused, with the reason.
  /// - Throws: where nothing could be kept; the message will come again.
  func keep(_ desired: Desired, over channel: RPCChannel?) async throws -> [NackItem]
  /// Removes what a complete desired state needs no more.
  func collectGarbage() async throws
  /// Begins to bring the cluster to what was kept.
  func apply() async
  /// Notes that everything wanted at this revision of a manager's history is held.
  func complete(_ revision: UInt64, lineage: String) async throws
  /// A person has confirmed that releases without a deployment are removed.
  func removalsConfirmed() async
  /// Notes what the manager holds: deployment id to the status' hash, nil for one that is gone.
  func acknowledge(_ hashes: [String: String?]) async throws
  /// The last status of every deployment, to be said again.
  func statuses() async -> [DeploymentStatus]
  /// A connection is being made.
  func connecting() async
  /// The session is open.
  func welcomed() async
  /// The connection is over, or could not be made; nil where the manager asked for it.
  func lost(_ error: RPCError?) async
}
