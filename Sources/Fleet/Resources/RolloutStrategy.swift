import Document

/// How fast a change spreads over clusters (fleet-behaviour §1.3, §4). Nil fields have the defaults given there.
public struct RolloutStrategy: Sendable, Hashable {
  /// A named part of the clusters, updated before the next one.
  public struct Partition: Sendable, Hashable {
    /// The partition's name.
    public var name = ""
    /// How many of its clusters may be unavailable through updates.
    public var maxUnavailable: IntOrString?
    /// Which clusters are in it.
    public var criteria = TargetCriteria()

    /// An empty partition.
    public init() {}

    init(_ reader: FieldReader) throws(FleetError) {
      name = try reader.text("name")
      maxUnavailable = try reader.intOrString("maxUnavailable")
      criteria = try TargetCriteria(reader)
    }

    var value: Value {
      var writer = FieldWriter()
      writer.set("name", name)
      writer.set("maxUnavailable", maxUnavailable?.value)
      criteria.write(to: &writer)
      return writer.value
    }
  }

  /// How many clusters may be unavailable through updates; 100 %.
  public var maxUnavailable: IntOrString?
  /// How many partitions may be unavailable before the rollout stops; 0.
  public var maxUnavailablePartitions: IntOrString?
  /// The size of automatic partitions; 25 %.
  public var autoPartitionSize: IntOrString?
  /// From how many clusters on there are automatic partitions; 200.
  public var autoPartitionThreshold: Int?
  /// How many BundleDeployments one evaluation makes; 50.
  public var maxNew: Int?
  /// Partitions made by hand; empty means automatic ones.
  public var partitions: [Partition] = []

  /// A strategy with every field at its default.
  public init() {}

  init(_ reader: FieldReader) throws(FleetError) {
    maxUnavailable = try reader.intOrString("maxUnavailable")
    maxUnavailablePartitions = try reader.intOrString("maxUnavailablePartitions")
    autoPartitionSize = try reader.intOrString("autoPartitionSize")
    autoPartitionThreshold = try reader.int("autoPartitionThreshold")
    maxNew = try reader.int("maxNew")
    for partition in try reader.objects("partitions") ?? [] { partitions.append(try Partition(partition)) }
  }

  /// Reads a strategy; absent and null fields get their defaults.
  public init(_ value: Value?) throws(FleetError) { try self.init(FieldReader(value, path: "rolloutStrategy")) }

  /// The strategy as a tree, without fields that are not given.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("maxUnavailable", maxUnavailable?.value)
    writer.set("maxUnavailablePartitions", maxUnavailablePartitions?.value)
    writer.set("autoPartitionSize", autoPartitionSize?.value)
    writer.set("autoPartitionThreshold", autoPartitionThreshold.map { .integer(Int64($0)) })
    writer.set("maxNew", maxNew.map { .integer(Int64($0)) })
    writer.set("partitions", partitions.map(\.value))
    return writer.value
  }
}
