import Document

/// How many deployed objects are in which state (fleet-behaviour §1.1).
public struct ResourceCounts: Sendable, Hashable {
  /// Healthy.
  public var ready = 0
  /// All of them.
  public var desiredReady = 0
  /// Waiting for the agent.
  public var waitApplied = 0
  /// Different from what was deployed.
  public var modified = 0
  /// There, but not wanted any more.
  public var orphaned = 0
  /// Wanted, but not there.
  public var missing = 0
  /// In a state that is not known.
  public var unknown = 0
  /// There, but not ready.
  public var notReady = 0

  private static let fields: [(String, WritableKeyPath<ResourceCounts, Int> & Sendable)] = [
    ("ready", \.ready), ("desiredReady", \.desiredReady), ("waitApplied", \.waitApplied), ("modified", \.modified),
    ("orphaned", \.orphaned), ("missing", \.missing), ("unknown", \.unknown), ("notReady", \.notReady),
  ]

  /// Nothing.
  public init() {}

  /// Reads counts; absent ones are 0, and those that are negative or above ``Limits/countedObjects`` are refused.
  public init(_ value: Value?) throws(FleetError) { try self.init(FieldReader(value, path: "resourceCounts")) }

  init(_ reader: FieldReader) throws(FleetError) {
    for (name, field) in ResourceCounts.fields {
      let count = try reader.int(name) ?? 0
      // An agent says these, and the manager adds up those of all agents: a sum must not overflow.
      guard (0...Limits.countedObjects).contains(count) else {
        throw reader.invalid(name, "must be 0 to \(Limits.countedObjects)")
      }
      self[keyPath: field] = count
    }
  }

  /// All counts, zeros included.
  public var value: Value {
    .object(
      ResourceCounts.fields.reduce(into: [:]) { result, field in
        result[field.0] = .integer(Int64(self[keyPath: field.1]))
      })
  }

  /// Adds counts.
  public static func += (left: inout ResourceCounts, right: ResourceCounts) {
    for (_, field) in fields { left[keyPath: field] += right[keyPath: field] }
  }

  /// Takes counts away again.
  public static func -= (left: inout ResourceCounts, right: ResourceCounts) {
    for (_, field) in fields { left[keyPath: field] -= right[keyPath: field] }
  }

  /// The counts of one deployment (fleet-behaviour §5.7): `desiredReady` is live and missing ones; an object counts as
  /// modified before it counts as not ready; the rest is ready. The lists are to be whole, not cut.
  public init(live: [ObjectIdentity], modified: [ModifiedStatus], nonReady: [NonReadyStatus]) {
    missing = modified.count { $0.missing }
    orphaned = modified.count { !$0.missing && $0.delete }
    self.modified = modified.count { !$0.missing && !$0.delete }
    let counted = Set(modified.map(\.object))
    notReady = nonReady.count { !counted.contains($0.object) }
    desiredReady = live.count + missing
    ready = max(0, desiredReady - missing - orphaned - self.modified - notReady)
  }
}
