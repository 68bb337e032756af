import Document

/// The `diff.comparePatches` that would accept drift as it is (fleet-behaviour §5.8, §9.2).
public enum DriftAcceptance {
  /// One patch for each object, sorted: the fields that differ are removed on both sides before comparing; objects that are
  /// missing, extra or somebody else's are ignored.
  public static func patches(for modified: [ModifiedStatus]) -> [ComparePatch] {
    var byObject: [ObjectIdentity: [ComparePatch.Operation]] = [:]
    for status in modified {
      for operation in operations(for: status) where byObject[status.object]?.contains(operation) != true {
        byObject[status.object, default: []].append(operation)
      }
    }
    return byObject.sorted { $0.key < $1.key }.map { object, operations in
      var patch = ComparePatch()
      patch.apiVersion = object.apiVersion
      patch.kind = object.kind
      patch.namespace = object.namespace
      patch.name = object.name
      let isIgnored = operations.contains { $0.op == "ignore" }
      patch.operations = isIgnored ? [ComparePatch.Operation(op: "ignore")] : operations
      return patch
    }
  }

  private static func operations(for status: ModifiedStatus) -> [ComparePatch.Operation] {
    guard !status.missing, !status.delete, let patch = try? JSON.parse(status.patch, file: "patch"),
      patch.object?.isEmpty == false
    else { return [ComparePatch.Operation(op: "ignore")] }
    return leaves(of: patch, below: "").sorted().map { ComparePatch.Operation(op: "remove", path: $0) }
  }

  /// JSON pointers to what a merge patch sets; lists are set whole.
  private static func leaves(of patch: Value, below pointer: String) -> [String] {
    guard let members = patch.object, !members.isEmpty else { return [pointer] }
    return members.flatMap { key, member in
      leaves(
        of: member,
        below: pointer + "/" + key.replacing("~", with: "~0").replacing("/", with: "~1"))
    }
  }
}
