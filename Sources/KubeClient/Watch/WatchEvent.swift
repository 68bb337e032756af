import Document

/// What a watch tells.
public enum WatchEvent: Sendable, Hashable {
  /// An object appeared, or began to match the selector.
  case added(Value)
  /// An object changed.
  case modified(Value)
  /// An object went, or no longer matches; with its last state.
  case deleted(Value)
  /// Nothing happened up to this resource version, from which a later watch can go on.
  case bookmark(resourceVersion: String)

  /// Reads one line of a watch's answer.
  ///
  /// - Throws: the server's ERROR event as an error (`.expired` when the resource version is too old), or `.malformed`.
  init(_ line: Value) throws(KubeClientError) {
    guard let object = line["object"], let type = line["type"]?.string else {
      // A server that refuses after all sends its Status alone.
      if line["kind"] == "Status" { throw KubeClientError(status: line["code"]?.int ?? 500, body: line, text: "") }
      throw KubeClientError(.malformed, "a watch event has no type or no object")
    }
    switch type {
    case "ADDED": self = .added(object)
    case "MODIFIED": self = .modified(object)
    case "DELETED": self = .deleted(object)
    case "BOOKMARK": self = .bookmark(resourceVersion: object.at("metadata", "resourceVersion")?.string ?? "")
    case "ERROR": throw KubeClientError(status: object["code"]?.int ?? 500, body: object, text: "")
    default: throw KubeClientError(.malformed, "unknown watch event \"\(type)\"")
    }
  }
}
