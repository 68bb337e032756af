import Fleet

/// What is known of one live object: only what a status needs, so that a thousand objects cost little.
struct LiveObject: Sendable, Hashable {
  /// Whether the object is as it was deployed.
  enum Comparison: Sendable, Hashable {
    /// It has changed since that was last found out, or was never compared.
    case due
    /// It is.
    case same
    /// It differs: the patch from it to what was deployed, as a status shows it, and who seems to have changed it.
    case differs(patch: String, writer: String)
    /// The API server cannot say.
    case unknown
  }

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
  /// Differs when anything but the object's status does; comparing two is only meaningful within one process.
  var fingerprint = 0
  /// Whether the object is as it was deployed.
  var comparison = Comparison.due
}

/// The live objects of all deployments, as watches and reads tell of them, by the set they belong to.
///
/// A value without I/O. Every change answers with the sets whose status may be another one now.
struct LiveObjects: Sendable {
  private var objects: [ObjectIdentity: LiveObject] = [:]
  private var sets: [String: Set<ObjectIdentity>] = [:]
  /// What was told to be gone, as it was known last: whoever read it before that tells of it later.
  private var gone: [ObjectIdentity: (uid: String, resourceVersion: UInt64)] = [:]

  init() {}

  /// How many objects there are.
  var count: Int { objects.count }

  /// The live objects of a set.
  func objects(of set: String) -> [LiveObject] { (sets[set] ?? []).compactMap { objects[$0] } }

  /// Whether an object, in just this state, is to be compared with what was deployed.
  func isDue(_ object: LiveObject) -> Bool {
    guard let known = objects[object.identity.unversioned] else { return false }
    return known.comparison == .due && known.uid == object.uid && known.resourceVersion == object.resourceVersion
  }

  /// Takes in an object as it is now; one that is older than what is known changes nothing.
  mutating func put(_ object: LiveObject) -> Set<String> {
    let key = object.identity.unversioned
    let known = objects[key]
    if let known, known.uid == object.uid, object.resourceVersion < known.resourceVersion { return [] }
    // One that lost the label and got it back has changed since.
    if let last = gone[key], last.uid == object.uid {
      guard object.resourceVersion > last.resourceVersion else { return [] }
      gone[key] = nil
    }
    var object = object
    if let known, known.uid == object.uid, known.fingerprint == object.fingerprint, known.setHash == object.setHash {
      object.comparison = known.comparison
    }
    objects[key] = object
    if let known, known.setHash != object.setHash { leave(known.setHash, key) }
    sets[object.setHash, default: []].insert(key)
    guard known?.visible != object.visible else { return [] }
    return Set([known?.setHash, object.setHash].compactMap { $0 })
  }

  /// Notes what comparing an object found, unless it has changed since.
  mutating func settle(_ object: LiveObject, _ comparison: LiveObject.Comparison) {
    let key = object.identity.unversioned
    guard let known = objects[key], known.uid == object.uid, known.fingerprint == object.fingerprint,
      known.setHash == object.setHash
    else { return }
    objects[key]?.comparison = comparison
  }

  /// A set's objects are to be compared again: all of them, or those of which the server could not say anything.
  ///
  /// - Returns: whether there are any.
  @discardableResult
  mutating func compareAgain(_ set: String, onlyUnknown: Bool = false) -> Bool {
    let keys = (sets[set] ?? []).filter { !onlyUnknown || objects[$0]?.comparison == .unknown }
    for key in keys { objects[key]?.comparison = .due }
    return !keys.isEmpty
  }

  /// Takes an object out that is there no more.
  mutating func remove(_ identity: ObjectIdentity, uid: String? = nil) -> Set<String> {
    let key = identity.unversioned
    guard let known = objects[key], uid == nil || known.uid == uid else { return [] }
    objects[key] = nil
    leave(known.setHash, key)
    if gone.count >= AgentLimits.pendingComparisons { gone = [:] }
    if known.resourceVersion > 0 { gone[key] = (known.uid, known.resourceVersion) }
    return [known.setHash]
  }

  private mutating func leave(_ set: String, _ key: ObjectIdentity) {
    sets[set]?.remove(key)
    if sets[set]?.isEmpty == true { sets[set] = nil }
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

  /// Takes out a type of which nothing is known any more, or nothing is there.
  mutating func forget(_ type: ObjectType) -> Set<String> {
    var changed: Set<String> = []
    for object in objects.values where object.identity.type == type {
      changed.formUnion(remove(object.identity))
      // It may be there all the same, and will be told of as it was.
      gone[object.identity.unversioned] = nil
    }
    return changed
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
