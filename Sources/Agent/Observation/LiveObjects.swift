import Fleet

/// What is known of one live object: only what a status needs, so that a thousand objects cost little.
struct LiveObject: Sendable, Hashable {
  /// Which object.
  var identity: ObjectIdentity
  /// The hash of the set that it is labelled with; empty without the label.
  var setHash: String
  /// The API server's identity of it.
  var uid: String
  /// When it was made, RFC 3339.
  var createdAt: String
  /// Grows with every change; 0 where the server's text is no number.
  var resourceVersion: UInt64
  /// What keeps it from being ready; nil when it is.
  var notReady: NonReadyStatus.Summary?
}

/// The live objects of all deployments, as watches and reads tell of them, by the set they belong to.
///
/// A value without I/O. Every change answers with the sets whose status may be another one now.
struct LiveObjects: Sendable {
  private var objects: [ObjectIdentity: LiveObject] = [:]
  private var sets: [String: Set<ObjectIdentity>] = [:]

  init() {}

  /// How many objects there are.
  var count: Int { objects.count }

  /// The live objects of a set.
  func objects(of set: String) -> [LiveObject] { (sets[set] ?? []).compactMap { objects[$0] } }

  /// Takes in an object as it is now; one that is older than what is known changes nothing.
  mutating func put(_ object: LiveObject) -> Set<String> {
    let key = object.identity.unversioned
    let known = objects[key]
    if let known, known.uid == object.uid, object.resourceVersion < known.resourceVersion { return [] }
    objects[key] = object
    if let known, known.setHash != object.setHash { sets[known.setHash]?.remove(key) }
    sets[object.setHash, default: []].insert(key)
    guard known?.visible != object.visible else { return [] }
    return Set([known?.setHash, object.setHash].compactMap { $0 })
  }

  /// Takes an object out that is there no more.
  mutating func remove(_ identity: ObjectIdentity, uid: String? = nil) -> Set<String> {
    let key = identity.unversioned
    guard let known = objects[key], uid == nil || known.uid == uid else { return [] }
    objects[key] = nil
    sets[known.setHash]?.remove(key)
    if sets[known.setHash]?.isEmpty == true { sets[known.setHash] = nil }
    return [known.setHash]
  }

  /// Takes in a complete list of one set's objects of one type, read at a revision: known ones that are not in it, and are
  /// not newer than it, are gone.
  mutating func replace(
    _ type: ObjectType, of set: String, with list: [LiveObject], at resourceVersion: UInt64
  ) -> Set<String> {
    var changed: Set<String> = []
    let listed = Set(list.map(\.identity.unversioned))
    for known in objects(of: set) where known.identity.type == type && !listed.contains(known.identity.unversioned) {
      if known.resourceVersion <= resourceVersion { changed.formUnion(remove(known.identity)) }
    }
    for object in list { changed.formUnion(put(object)) }
    return changed
  }

  /// Takes out a type that is watched no more.
  mutating func forget(_ type: ObjectType) {
    for object in objects.values where object.identity.type == type { _ = remove(object.identity) }
  }
}

extension LiveObject {
  /// The object without what changes without anybody seeing it.
  var visible: LiveObject {
    var copy = self
    copy.resourceVersion = 0
    return copy
  }
}
