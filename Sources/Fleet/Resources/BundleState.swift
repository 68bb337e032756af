/// The state of a bundle on a cluster, and the worst of several, worst last (fleet-behaviour §1.14).
public enum BundleState: String, Sendable, Hashable, CaseIterable, Comparable {
  /// Deployed and healthy.
  case ready = "Ready"
  /// Deployed, but some object is not ready.
  case notReady = "NotReady"
  /// Targeted, but the rollout has not made a BundleDeployment yet.
  case pending = "Pending"
  /// A newer version is staged that the rollout has not released.
  case outOfSync = "OutOfSync"
  /// Deployed and ready, but live objects differ from what was deployed.
  case modified = "Modified"
  /// To be deployed; the agent has not reported it yet.
  case waitApplied = "WaitApplied"
  /// Deploying failed.
  case errApplied = "ErrApplied"

  /// From 1 for Ready to 7 for ErrApplied; "worst" means highest.
  public var rank: Int {
    switch self {
    case .ready: 1
    case .notReady: 2
    case .pending: 3
    case .outOfSync: 4
    case .modified: 5
    case .waitApplied: 6
    case .errApplied: 7
    }
  }

  /// Better before worse.
  public static func < (left: BundleState, right: BundleState) -> Bool { left.rank < right.rank }
}
