import Document

/// Which object an event is about.
public struct ObjectReference: Sendable, Hashable {
  /// The namespace; empty for a cluster's own objects.
  public var namespace: String
  /// The name.
  public var name: String
  /// The uid, which tells an object from a later one of the same name.
  public var uid: String

  /// A reference from its parts.
  public init(namespace: String, name: String, uid: String) {
    self.namespace = namespace
    self.name = name
    self.uid = uid
  }

  /// The reference to an object; nil if it has no name.
  public init?(_ object: Value) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.string, !name.isEmpty else { return nil }
    self.init(
      namespace: metadata["namespace"]?.string ?? "", name: name, uid: metadata["uid"]?.string ?? "")
  }
}

/// What changed in a watched collection.
public enum ResourceChange: Sendable, Hashable {
  /// The object is there, in this state.
  case changed(Value)
  /// The object is gone, or no longer matches the selector. Only ever told from a `DELETED` event or a complete list without it.
  case removed(ObjectReference)
}

/// Which objects a watcher has told of, so that a new list becomes the changes since. Pure: no I/O, no clock.
struct WatchedObjects {
  private struct Key: Hashable {
    var namespace: String
    var name: String
  }

  private struct Seen {
    var uid: String
    var resourceVersion: String
  }

  private var seen: [Key: Seen] = [:]

  var count: Int { seen.count }

  /// The changes between what was told and a complete list.
  mutating func replace(with objects: [Value]) -> [ResourceChange] {
    var changes = [ResourceChange]()
    var gone = seen
    for object in objects {
      guard let reference = ObjectReference(object) else { continue }
      gone[Key(namespace: reference.namespace, name: reference.name)] = nil
      changes += note(object, reference)
    }
    for (key, old) in gone {
      seen[key] = nil
      changes.append(.removed(ObjectReference(namespace: key.namespace, name: key.name, uid: old.uid)))
    }
    return changes
  }

  /// The changes that an event makes: none for what was told already, two when an object was replaced by one of its name.
  mutating func apply(_ event: WatchEvent) -> [ResourceChange] {
    switch event {
    case .added(let object), .modified(let object):
      guard let reference = ObjectReference(object) else { return [] }
      return note(object, reference)
    case .deleted(let object):
      guard let reference = ObjectReference(object),
        let old = seen.removeValue(forKey: Key(namespace: reference.namespace, name: reference.name))
      else { return [] }
      return [.removed(ObjectReference(namespace: reference.namespace, name: reference.name, uid: old.uid))]
    case .bookmark: return []
    }
  }

  private mutating func note(_ object: Value, _ reference: ObjectReference) -> [ResourceChange] {
    let key = Key(namespace: reference.namespace, name: reference.name)
    let version = object.at("metadata", "resourceVersion")?.string ?? ""
    let old = seen[key]
    if let old, old.uid == reference.uid, old.resourceVersion == version { return [] }
    seen[key] = Seen(uid: reference.uid, resourceVersion: version)
    if let old, old.uid != reference.uid {
      return [
        .removed(ObjectReference(namespace: key.namespace, name: key.name, uid: old.uid)), .changed(object),
      ]
    }
    return [.changed(object)]
  }
}
