import Document
import Fleet
import Wire

/// How somebody asks for another key of a cluster's agent.
enum KeyRotation {
  /// The annotation of a Cluster that asks its agent for another key; taken off when it has one.
  static let annotation = "flotilla.io/rotate-key"

  /// What came of asking an agent.
  enum Answer: Sendable, Hashable {
    /// It has announced another key.
    case begun
    /// It is not connected, or was not for long enough.
    case away
    /// It never will.
    case impossible(String)
  }

  /// Whether somebody asks for it.
  static func isWanted(_ cluster: Value) -> Bool {
    cluster.at("metadata", "annotations", annotation).map { $0.string?.isEmpty == false } ?? false
  }

  /// Takes the wish off a Cluster.
  static func done(in cluster: inout Value) { cluster.set(nil, at: "metadata", "annotations", annotation) }
}
