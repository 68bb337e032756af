import Document
import Fleet

/// A kind of objects in one version.
struct ObjectType: Sendable, Hashable {
  /// `v1`, or `apps/v1`.
  var apiVersion: String
  /// `Deployment`, for example.
  var kind: String
}

extension ObjectIdentity {
  /// What is watched for the object.
  var type: ObjectType { ObjectType(apiVersion: apiVersion, kind: kind) }

  /// The object whatever version of its group it is written in: two versions of one group name the same object.
  var unversioned: ObjectIdentity { ObjectIdentity(apiVersion: group, kind: kind, namespace: namespace, name: name) }

  /// `Deployment web/nginx`, for messages.
  var text: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }

  /// Reads what ``recordValue`` wrote; nil when it is anything else.
  init?(record value: Value) {
    guard let parts = value.array, parts.count == 4 else { return nil }
    let texts = parts.compactMap(\.string)
    guard texts.count == 4 else { return nil }
    self.init(apiVersion: texts[0], kind: texts[1], namespace: texts[2], name: texts[3])
  }

  /// The identity in the agent's state.
  var recordValue: Value { .array([.string(apiVersion), .string(kind), .string(namespace), .string(name)]) }
}
