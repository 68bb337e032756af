import Fleet
import Wire

/// The answer to `Cluster.Diff` within its bounds: what differs comes first, and what has no room is counted.
///
/// A value without I/O.
struct DiffAnswer {
  /// Objects that were not looked at.
  var notCompared = 0
  private let objectsMax: Int
  private let bytesMax: Int
  private let head: DiffResponse
  private var objects: [DiffedObject] = []

  /// An answer without objects.
  ///
  /// - Parameters:
  ///   - objectsMax: the most objects; 0, and what is above the agent's own limit, is that.
  ///   - bytesMax: the most bytes of all objects, likewise.
  ///   - head: what is said besides objects.
  init(objectsMax: Int, bytesMax: Int, head: DiffResponse) {
    func bound(_ wanted: Int, _ most: Int) -> Int { wanted > 0 ? min(wanted, most) : most }
    self.objectsMax = bound(objectsMax, AgentLimits.diffObjectsAnswered)
    self.bytesMax = bound(bytesMax, AgentLimits.diffBytes)
    self.head = head
  }

  /// Takes an object in.
  mutating func add(_ object: DiffedObject) { objects.append(object) }

  /// What is sent.
  var response: DiffResponse {
    var response = head
    response.notCompared = UInt32(clamping: notCompared)
    var bytes = 0
    for object in objects.sorted(by: { $0.rank < $1.rank }) {
      bytes += object.encoded().count
      if response.objects.count < objectsMax, bytes <= bytesMax {
        response.objects.append(object)
      } else if object.outcome.differs {
        response.leftOutDiffering += 1
      } else {
        response.leftOut += 1
      }
    }
    return response
  }
}

extension DiffedObject {
  init(_ identity: ObjectIdentity) {
    self.init(
      apiVersion: identity.apiVersion, kind: identity.kind, namespace: identity.namespace, name: identity.name)
  }

  /// Takes as many fields as one object may tell of; `leftOut` more are not told anyway.
  mutating func take(_ fields: [FieldDifference], leftOut: Int) {
    var bytes = 0
    for field in fields {
      let told = DiffedField(path: field.path, live: field.live, desired: field.desired, lines: field.lines)
      bytes += told.encoded().count
      guard bytes <= AgentLimits.diffBytesPerObject else { break }
      self.fields.append(told)
    }
    fieldsLeftOut = UInt32(clamping: fields.count - self.fields.count + leftOut)
  }

  /// In which order objects are told.
  fileprivate var rank: (Int, ObjectIdentity) {
    let identity = ObjectIdentity(apiVersion: apiVersion, kind: kind, namespace: namespace, name: name)
    return (outcome.differs ? 0 : outcome == .unknown ? 1 : 2, identity)
  }
}
