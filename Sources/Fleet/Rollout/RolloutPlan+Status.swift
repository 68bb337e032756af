import Document

extension RolloutPlan {
  /// Writes the plan's numbers into a Bundle's status (fleet-behaviour §1.3).
  public func write(to status: inout Value) {
    status["newlyCreated"] = .integer(Int64(newlyCreated))
    status["unavailable"] = .integer(Int64(unavailable))
    status["maxUnavailable"] = .integer(Int64(maxUnavailable))
    status["unavailablePartitions"] = .integer(Int64(unavailablePartitions))
    status["maxUnavailablePartitions"] = .integer(Int64(maxUnavailablePartitions))
    status["partitions"] = .array(
      partitions.map { partition in
        var writer = FieldWriter()
        writer.set("name", partition.name)
        writer.set("count", partition.targets.count)
        writer.set("maxUnavailable", partition.maxUnavailable)
        writer.set("unavailable", partition.unavailable)
        return writer.value
      })
  }
}
