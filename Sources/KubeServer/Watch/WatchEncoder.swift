import Document

/// Turns a storage's events into the lines of one watch: filtered by its selectors, in its shape. Pure but for the
/// shared cache of encodings.
struct WatchEncoder: Sendable {
  let served: ServedKind
  let selection: Selection
  let shape: Representation.Shape
  let bookmarks: Bool
  /// The revision up to which everything has been seen.
  private(set) var version: String
  private var sentHeadings = false

  init(
    served: ServedKind, selection: Selection, shape: Representation.Shape, bookmarks: Bool, version: String
  ) {
    self.served = served
    self.selection = selection
    self.shape = shape
    self.bookmarks = bookmarks
    self.version = version
  }

  /// The line for a change; nil if it is not for this watch. An object that comes into the selection is `ADDED`, one that
  /// leaves it `DELETED`, whatever happened to it.
  mutating func line(for event: ResourceEvent, now: Int64) -> [UInt8]? {
    switch event {
    case .bookmark(let version):
      self.version = version
      return nil
    case .added(let object):
      advance(to: object)
      return selection.matches(object) ? line("ADDED", object, now) : nil
    case .deleted(let object):
      advance(to: object)
      return selection.matches(object) ? line("DELETED", object, now) : nil
    case .modified(let old, let new):
      advance(to: new)
      switch (selection.isEverything || selection.matches(old), selection.matches(new)) {
      case (true, true): return line("MODIFIED", new, now)
      case (false, true): return line("ADDED", new, now)
      case (true, false):
        // The state that was last selected, at the revision of the change.
        var last = old
        last.set(new.at("metadata", "resourceVersion"), at: "metadata", "resourceVersion")
        return line("DELETED", last, now, shared: false)
      case (false, false): return nil
      }
    }
  }

  /// The line of one object of the initial state.
  mutating func initial(_ object: Value, now: Int64) -> [UInt8]? {
    selection.matches(object) ? line("ADDED", object, now) : nil
  }

  /// A bookmark of the revision seen last; `initialEnd` marks the end of the initial state (WatchList).
  func bookmark(initialEnd: Bool = false) -> [UInt8] {
    var metadata: Value = ["resourceVersion": .string(version), "creationTimestamp": nil]
    if initialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    let object: Value
    switch shape {
    case .object:
      object = [
        "kind": .string(served.kind.kind), "apiVersion": .string(served.kind.apiVersion), "metadata": metadata,
      ]
    case .partial: object = PartialObject.metadata(of: ["metadata": metadata])
    case .table:
      object = [
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": [], "rows": [],
      ]
    }
    return EventEncodings.encode(type: "BOOKMARK", object: object)
  }

  /// The line of an error, after which the watch ends.
  static func error(_ error: KubeError) -> [UInt8] { EventEncodings.encode(type: "ERROR", object: error.status) }

  private mutating func advance(to object: Value) {
    if let version = object.at("metadata", "resourceVersion")?.string { self.version = version }
  }

  private mutating func line(_ type: String, _ object: Value, _ now: Int64, shared: Bool = true) -> [UInt8] {
    switch shape {
    case .object:
      return shared
        ? served.encodings.line(type: type, object: object) : EventEncodings.encode(type: type, object: object)
    case .partial: return EventEncodings.encode(type: type, object: PartialObject.metadata(of: object))
    case .table(let include):
      let table = served.table.table(
        of: [object], listMetadata: ["resourceVersion": object.at("metadata", "resourceVersion") ?? ""],
        include: include, now: now, definitions: !sentHeadings)
      sentHeadings = true
      return EventEncodings.encode(type: type, object: table)
    }
  }
}
