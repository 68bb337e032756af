import Document
import Fleet
import Store

/// Writes core/v1 Events, which `kubectl describe` shows (fleet-behaviour §10.2). The same event about the same object again is
/// counted, not repeated; events older than ``Limits/eventSeconds`` go.
struct EventRecorder: Sendable {
  /// How much a reader should worry.
  enum Severity: String, Sendable { case normal = "Normal", warning = "Warning" }

  let objects: ObjectRepository

  /// Records that something happened to an object.
  func record(_ severity: Severity, _ reason: String, _ message: String, about object: Value) async throws {
    let event = Self.event(severity, reason, message, about: object, at: objects.now())
    let key = ObjectRepository.key(of: event, kind: StoredKind.events)
    let now = objects.now().description
    let counted = try await objects.mutate(key) {
      $0["count"] = .integer(($0["count"]?.integer ?? 1) + 1)
      $0["lastTimestamp"] = .string(now)
    }
    guard counted == nil else { return }
    _ = try await objects.createIfAbsent(event, kind: StoredKind.events)
  }

  /// The write of an event that has not happened before, for a commit that it tells of.
  static func write(
    _ severity: Severity, _ reason: String, _ message: String, about object: Value, objects: ObjectRepository
  ) -> Write {
    let event = objects.stamped(event(severity, reason, message, about: object, at: objects.now()))
    return .put(ObjectRepository.key(of: event, kind: StoredKind.events), ObjectRepository.body(of: event))
  }

  private static func event(
    _ severity: Severity, _ reason: String, _ message: String, about object: Value, at now: Timestamp
  ) -> Value {
    let namespace = object.at("metadata", "namespace")?.string ?? "default"
    let name = object.at("metadata", "name")?.string ?? ""
    let identity = Digests.sha256Hex("\(reason)\n\(message)").prefix(16)
    let now = now.description
    return [
      "apiVersion": "v1", "kind": "Event",
      "metadata": ["name": .string("\(name).\(identity)"), "namespace": .string(namespace)],
      "involvedObject": [
        "apiVersion": object["apiVersion"] ?? "", "kind": object["kind"] ?? "", "name": .string(name),
        "namespace": .string(namespace), "uid": object.at("metadata", "uid") ?? "",
        "resourceVersion": object.at("metadata", "resourceVersion") ?? "",
      ],
      "reason": .string(reason), "message": .string(message), "type": .string(severity.rawValue),
      "source": ["component": "flotilla-manager"], "reportingComponent": "flotilla-manager", "reportingInstance": "",
      "firstTimestamp": .string(now), "lastTimestamp": .string(now), "count": 1,
    ]
  }

  /// Removes events that have not happened for ``Limits/eventSeconds``.
  func expire() async throws {
    let horizon = objects.now().seconds - Int64(Limits.eventSeconds)
    for event in try await objects.list(kind: StoredKind.events) {
      guard let last = event["lastTimestamp"]?.string.flatMap({ Timestamp($0) }), last.seconds < horizon else {
        continue
      }
      try await objects.delete(ObjectRepository.key(of: event, kind: StoredKind.events))
    }
  }
}
