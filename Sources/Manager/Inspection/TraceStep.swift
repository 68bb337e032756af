import Document

/// One stage on a bundle's way to a cluster, as a trace tells it.
struct TraceStep: Sendable, Hashable {
  /// Which stage, in the order of the way.
  enum Name: String, Sendable {
    case git, bundle, target, staged, released, sent, acknowledged, applied, health
  }

  /// How far it is.
  enum State: String, Sendable {
    /// The bundle is past it.
    case done
    /// It waits for something that comes by itself.
    case waiting
    /// Somebody or something holds it back on purpose.
    case held
    /// Something is wrong.
    case failed
    /// The way ends here: this cluster does not get the bundle.
    case no
  }

  var name: Name
  var state: State
  /// What there is to say, in a line.
  var message: String
  /// When the bundle passed, RFC 3339; empty where that is not known.
  var time = ""
  /// Why the time of what is done is not known.
  var timeUnknown = ""
  /// What it waits for, is held back by, or failed for; empty where it is done.
  var reasons: [String] = []
  /// Ids, digests and further times, by name.
  var details: [String: Value] = [:]

  /// The step as a tree.
  var value: Value {
    var value: Value = ["name": .string(name.rawValue), "state": .string(state.rawValue), "message": .string(message)]
    if !time.isEmpty { value["time"] = .string(time) }
    if !timeUnknown.isEmpty { value["timeUnknown"] = .string(timeUnknown) }
    if !reasons.isEmpty { value["reasons"] = Value(reasons) }
    let told = details.filter { $0.value != "" && !$0.value.isNull }
    if !told.isEmpty { value["details"] = .object(told) }
    return value
  }
}
