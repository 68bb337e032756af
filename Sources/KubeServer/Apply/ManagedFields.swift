import Document

/// Keeps `metadata.managedFields` true: who set which field last, and who applied what.
struct ManagedFields: Sendable {
  let schema: SchemaNode
  let apiVersion: String
  let now: Int64

  /// Credits `manager` with everything that an update changed, and takes it from everybody else. A client may send
  /// entries of its own, as kubectl does to take over what an older kind of apply wrote; `[{}]` forgets all ownership; none
  /// at all leaves what there is, for the sake of clients that know nothing of it.
  func track(_ object: inout Value, old: Value?, manager: String, part: ObjectRules.Part) {
    let sent = part == .main ? object.at("metadata", "managedFields") : nil
    let reset = sent == [[:]]
    var entries = reset ? [] : ManagedEntry.decode(sent)
    if entries.isEmpty, !reset { entries = ManagedEntry.decode(old?.at("metadata", "managedFields")) }
    if !reset {
      let difference = FieldDifference(from: stripped(old ?? [:], part), to: stripped(object, part), schema)
      take(difference.written.union(difference.removed), from: &entries)
      add(difference.written, to: identity(manager, "Update", part), &entries)
      entries.removeAll { $0.fields.isEmpty }
      mergeAncient(&entries)
    }
    store(entries, in: &object)
  }

  /// The object and ownership after `manager` applied `applied` to `live`. Throws `conflict` if that would change fields
  /// of others, unless `force` takes them over.
  func apply(
    _ applied: Value, to live: Value, manager: String, force: Bool, part: ObjectRules.Part
  ) throws(KubeError) -> (object: Value, entries: [ManagedEntry]) {
    let identity = identity(manager, "Apply", part)
    var others = ManagedEntry.decode(live.at("metadata", "managedFields"))
    let last = others.first { $0.identity == identity }
    others.removeAll { $0.identity == identity }
    let wanted = FieldPaths.of(stripped(applied, part), schema).set
    var result = ApplyMerge.merge(live, applied, schema)
    if let last {
      let owned = others.reduce(wanted) { $0.union($1.fields) }
      result = ApplyMerge.prune(result, last: last.fields, owned: owned, schema)
    }
    let difference = FieldDifference(from: stripped(live, part), to: stripped(result, part), schema)
    if !force {
      let inherited = manager == "kubectl" ? lastApplied(live) : FieldSet()
      try refuseConflicts(difference.written, with: others, but: inherited)
    }
    take(difference.written.union(difference.removed), from: &others)
    others.removeAll { $0.fields.isEmpty }
    let time =
      last.map { $0.fields == wanted ? $0.time : Timestamp(seconds: now).description }
      ?? Timestamp(seconds: now).description
    if !wanted.isEmpty { others.append(ManagedEntry(identity: identity, time: time, fields: wanted)) }
    return (result, others)
  }

  /// Ownership of an object that an apply makes.
  func entries(applied: Value, manager: String) -> [ManagedEntry] {
    let wanted = FieldPaths.of(stripped(applied, .main), schema).set
    return [
      ManagedEntry(
        identity: identity(manager, "Apply", .main), time: Timestamp(seconds: now).description, fields: wanted)
    ]
  }

  /// Writes entries into an object.
  func store(_ entries: [ManagedEntry], in object: inout Value) {
    let list: Value? = entries.isEmpty ? .none : .some(ManagedEntry.encode(entries))
    object.set(list, at: "metadata", "managedFields")
  }

  /// Whether two lists of entries say the same but for their times.
  static func sameOwnership(_ left: Value?, _ right: Value?) -> Bool {
    func timeless(_ list: Value?) -> Set<ManagedEntry> {
      Set(
        ManagedEntry.decode(list).map { entry in
          var entry = entry
          entry.time = ""
          return entry
        })
    }
    return timeless(left) == timeless(right)
  }

  // MARK: - Steps

  private func identity(_ manager: String, _ operation: String, _ part: ObjectRules.Part) -> ManagedEntry.Identity {
    .init(
      manager: manager, operation: operation, apiVersion: apiVersion, subresource: part == .status ? "status" : "")
  }

  private func take(_ fields: FieldSet, from entries: inout [ManagedEntry]) {
    for index in entries.indices {
      entries[index].fields = entries[index].fields.subtracting(fields)
    }
  }

  private func add(_ fields: FieldSet, to identity: ManagedEntry.Identity, _ entries: inout [ManagedEntry]) {
    guard !fields.isEmpty else { return }
    if let index = entries.firstIndex(where: { $0.identity == identity }) {
      entries[index].fields = entries[index].fields.union(fields)
      entries[index].time = Timestamp(seconds: now).description
    } else {
      entries.append(ManagedEntry(identity: identity, time: Timestamp(seconds: now).description, fields: fields))
    }
  }

  /// Many one-off updaters would let the list grow without end: the oldest are merged into one.
  private func mergeAncient(_ entries: inout [ManagedEntry]) {
    let ancient = "ancient-changes"
    let updates = entries.filter { $0.identity.operation == "Update" && $0.identity.manager != ancient }
    guard updates.count > Limits.updateManagers else { return }
    let oldest = updates.sorted { $0.time < $1.time }.prefix(updates.count - Limits.updateManagers)
    for entry in oldest {
      entries.removeAll { $0.identity == entry.identity }
      var identity = entry.identity
      identity.manager = ancient
      add(entry.fields, to: identity, &entries)
    }
  }

  /// What kubectl applied from the client's side before and nobody changed since, by its annotation: kubectl may go on
  /// with server-side apply there as if it were its own, as in Kubernetes.
  private func lastApplied(_ live: Value) -> FieldSet {
    guard
      let text = live.at("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")?.string,
      let applied = try? JSON.parse(text)
    else { return FieldSet() }
    let fields = FieldPaths.of(stripped(applied, .main), schema).set
    let difference = FieldDifference(from: stripped(applied, .main), to: stripped(live, .main), schema)
    return fields.subtracting(difference.written.union(difference.removed))
  }

  private func refuseConflicts(
    _ written: FieldSet, with others: [ManagedEntry], but inherited: FieldSet
  ) throws(KubeError) {
    let written = written.intersection(others.reduce(FieldSet()) { $0.union($1.fields) }).subtracting(inherited)
    var causes: [KubeError.Cause] = []
    var texts: [String] = []
    for entry in others {
      let paths = entry.fields.intersection(written).displayedPaths
      guard !paths.isEmpty else { continue }
      for path in paths {
        causes.append(.init(reason: "FieldManagerConflict", message: "conflict with \(entry.displayed)", field: path))
      }
      texts.append(
        paths.count == 1
          ? "conflict with \(entry.displayed): \(paths[0])"
          : "conflicts with \(entry.displayed):\n" + paths.map { "- \($0)" }.joined(separator: "\n"))
    }
    guard !causes.isEmpty else { return }
    var details = KubeError.Details()
    details.causes = Array(causes.prefix(Limits.reportedFields))
    let count = causes.count == 1 ? "1 conflict" : "\(causes.count) conflicts"
    throw KubeError(
      .conflict, "Apply failed with \(count): \(texts.joined(separator: "\n"))", details: details)
  }

  /// The part of an object that managers own: without identity and what the server sets, and without the part that this
  /// path does not write.
  private func stripped(_ object: Value, _ part: ObjectRules.Part) -> Value {
    if part == .status { return object["status"].map { ["status": $0] } ?? [:] }
    var object = object
    object["apiVersion"] = nil
    object["kind"] = nil
    object["status"] = nil
    for key in Self.identityFields { object.set(nil, at: "metadata", key) }
    if object["metadata"] == [:] { object["metadata"] = nil }
    return object
  }

  private static let identityFields = [
    "name", "namespace", "generateName", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    "generation", "resourceVersion", "selfLink", "managedFields",
  ]
}
