import Store

/// What the store's watch has brought of one cluster's deployments and its agent was not told yet, so that it need not be read
/// again. A value without I/O.
///
/// A watch may be behind what was read meanwhile; what it then brings says nothing, and the store is asked.
struct DeploymentNews: Sendable {
  /// Changes that are kept; of more, the store is asked.
  static let limit = 64

  private var changes: [String: StoredObject?] = [:]
  /// Everything up to this revision is known, by the watch or by reading.
  private(set) var revision = Revision(0)
  /// The store was last read as of this revision.
  private var read = Revision(0)

  /// Takes in a change, in the order of revisions.
  mutating func note(_ event: StoreEvent) {
    revision = max(revision, event.revision)
    guard event.revision > read, changes.count < Self.limit || changes[event.key.name] != nil else {
      changes[event.key.name] = nil
      return
    }
    changes[event.key.name] = .some(event.object)
  }

  /// Deployments were read from the store, as of a revision.
  mutating func hasRead(at revision: Revision) {
    guard revision > read else { return }
    read = revision
    self.revision = max(self.revision, revision)
    // Older than what was read, perhaps, and newer changes of these will be told.
    changes = [:]
  }

  /// Changes may have been missed: the store is asked for everything.
  mutating func forget() { changes = [:] }

  /// Takes out what is known of deployments: the objects of those that are there; nil where the store has to be asked, for one or for
  /// all.
  mutating func take(_ ids: [String]) -> [StoredObject]? {
    var found: [StoredObject] = []
    for id in ids {
      guard let change = changes.removeValue(forKey: id) else { return nil }
      if let object = change { found.append(object) }
    }
    return found
  }
}
