import Document

/// Something that is not ready, in a summary (fleet-behaviour §1.1).
public struct NonReadyResource: Sendable, Hashable {
  /// On a Bundle the cluster as `namespace/name`, elsewhere the bundle.
  public var name: String
  /// Its state.
  public var state: BundleState
  /// What is said about it.
  public var message: String
  /// Objects that differ.
  public var modifiedStatus: [ModifiedStatus]
  /// Objects that are not ready.
  public var nonReadyStatus: [NonReadyStatus]

  /// An entry.
  public init(
    name: String, state: BundleState, message: String = "", modifiedStatus: [ModifiedStatus] = [],
    nonReadyStatus: [NonReadyStatus] = []
  ) {
    self.name = name
    self.state = state
    self.message = message
    self.modifiedStatus = modifiedStatus
    self.nonReadyStatus = nonReadyStatus
  }

  init(_ reader: FieldReader) throws(FleetError) {
    name = try reader.text("name")
    state = BundleState(rawValue: try reader.text("bundleState")) ?? .notReady
    message = try reader.text("message")
    modifiedStatus = []
    nonReadyStatus = []
    for entry in try reader.objects("modifiedStatus") ?? [] { modifiedStatus.append(try ModifiedStatus(entry)) }
    for entry in try reader.objects("nonReadyStatus") ?? [] { nonReadyStatus.append(try NonReadyStatus(entry)) }
  }

  /// The entry as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("name", name)
    writer.set("bundleState", state.rawValue)
    writer.set("message", message)
    writer.set("modifiedStatus", modifiedStatus.map(\.value))
    writer.set("nonReadyStatus", nonReadyStatus.map(\.value))
    return writer.value
  }
}

/// How many deployments are in which state.
public struct StateCounts: Sendable, Hashable {
  /// One lane per state; a hundred thousand counters are kept, so they allocate nothing.
  private var counts = SIMD8<Int32>(repeating: 0)

  /// None.
  public init() {}

  /// How many are in a state.
  public subscript(state: BundleState) -> Int {
    get { Int(counts[state.rank - 1]) }
    set { counts[state.rank - 1] = Int32(clamping: newValue) }
  }

  /// All of them.
  public var total: Int { Int(counts.wrappedSum()) }
  /// Those that are not Ready.
  public var nonReady: Int { total - self[.ready] }

  /// The worst state of any that is not Ready; nil when all are Ready.
  public var worst: BundleState? { BundleState.allCases.last { $0 != .ready && self[$0] > 0 } }

  /// Adds counts.
  public static func += (left: inout StateCounts, right: StateCounts) {
    left.counts &+= right.counts
  }

  /// Takes counts away again.
  public static func -= (left: inout StateCounts, right: StateCounts) {
    left.counts &-= right.counts
  }
}

/// How the deployments of an object stand (fleet-behaviour §1.1, BundleSummary).
public struct BundleSummary: Sendable, Hashable {
  /// How many are in which state.
  public var counts: StateCounts
  /// The first of those that are not ready, at most ten; the first of every state is among them.
  public var nonReadyResources: [NonReadyResource]

  /// A summary.
  public init(counts: StateCounts = StateCounts(), nonReadyResources: [NonReadyResource] = []) {
    self.counts = counts
    self.nonReadyResources = nonReadyResources
  }

  private static let names: [(String, BundleState)] = [
    ("ready", .ready), ("notReady", .notReady), ("pending", .pending), ("outOfSync", .outOfSync),
    ("modified", .modified), ("waitApplied", .waitApplied), ("errApplied", .errApplied),
  ]

  /// Reads a summary; absent and null fields are 0.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "summary")
    counts = StateCounts()
    nonReadyResources = []
    for (name, state) in BundleSummary.names { counts[state] = try reader.int(name) ?? 0 }
    for entry in try reader.objects("nonReadyResources") ?? [] {
      nonReadyResources.append(try NonReadyResource(entry))
    }
  }

  /// The summary as a tree; counts of 0 are left out but for `ready` and `desiredReady`.
  public var value: Value {
    var writer = FieldWriter()
    for (name, state) in BundleSummary.names { writer.set(name, counts[state]) }
    writer.set("ready", Value.integer(Int64(counts[.ready])))
    writer.set("desiredReady", Value.integer(Int64(counts.total)))
    writer.set("nonReadyResources", nonReadyResources.map(\.value))
    return writer.value
  }

  /// `ready/all`, as tables show it.
  public var display: String { "\(counts[.ready])/\(counts.total)" }

  /// The Ready condition's message (fleet-behaviour §5.13); empty when nothing is counted as not ready.
  ///
  /// - Parameters:
  ///   - kind: what the entries are: `Cluster` on a Bundle, `Bundle` elsewhere.
  ///   - further: other items, which take their places among these.
  public func readyMessage(kind: String, adding further: [String] = []) -> String {
    var items = further
    for state in BundleState.allCases where state != .ready && counts[state] > 0 {
      guard let entry = nonReadyResources.first(where: { $0.state == state }) else {
        items.append("\(state.rawValue)(\(counts[state]))")
        continue
      }
      let subject = entry.message.isEmpty ? "\(kind) \(entry.name)" : "\(kind) \(entry.name): \(entry.message)"
      items.append("\(state.rawValue)(\(counts[state])) [\(subject)]")
      items += entry.modifiedStatus.prefix(Limits.messageDetails).map(\.display)
      items += entry.nonReadyStatus.prefix(Limits.messageDetails).map(\.display)
    }
    return items.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: "; ")
  }
}

/// A ``BundleSummary`` that is kept by differences: adding, changing or removing one deployment costs the same among ten
/// and among 100,000, and the result does not depend on the order of changes.
public struct SummaryCounter: Sendable, Hashable {
  private var counts = StateCounts()
  private var entries: [SortedEntries<NonReadyResource>] =
    Array(repeating: SortedEntries(), count: BundleState.allCases.count)

  /// Nothing counted.
  public init() {}

  /// Counts a deployment. The entry's name must be unique among those counted, or come with a `key` that is.
  public mutating func add(_ entry: NonReadyResource, key: String? = nil) {
    counts[entry.state] += 1
    if entry.state != .ready { entries[entry.state.rank - 1].set(key ?? entry.name, entry) }
  }

  /// Takes a deployment away that was counted with this state.
  public mutating func remove(_ state: BundleState, key: String) {
    counts[state] -= 1
    if state != .ready { entries[state.rank - 1].remove(key) }
  }

  /// How many are in which state.
  public var stateCounts: StateCounts { counts }

  /// The summary: the first entry of every state, and then the first by key, ten in all, in order of their keys.
  public var summary: BundleSummary {
    BundleSummary(counts: counts, nonReadyResources: Self.firstEntries(of: entries))
  }

  private static func firstEntries(of states: [SortedEntries<NonReadyResource>]) -> [NonReadyResource] {
    let heads = states.map { $0.prefix(Limits.statusEntries) }
    var chosen = heads.compactMap(\.first)
    let rest = heads.flatMap { $0.dropFirst() }.sorted { $0.key < $1.key }
    chosen += rest.prefix(max(0, Limits.statusEntries - chosen.count))
    return chosen.sorted { $0.key < $1.key }.map(\.value)
  }
}
