import Document
import Fleet

/// What the agent asks of its cluster's API server besides what Helm asks. Every call fails with ``DeploymentFailure``, of kind
/// `unreachable` where the server does not answer.
protocol ClusterAPI: Sendable {
  /// The server's version, such as `v1.31.2`.
  func version() async throws -> String
  /// The kinds that the server offers, as they were last learnt; `refreshed` asks anew.
  func kinds(refreshed: Bool) async throws -> ClusterKinds
  /// An object as it is; nil when it, or its kind, is not there.
  func object(_ identity: ObjectIdentity) async throws -> Value?
  /// All objects of a type that labels select, and the revision of the list. A type that is not there has none.
  func objects(_ type: ObjectType, namespace: String?, labels: [String: String]) async throws -> LabelledObjects
  /// All objects of a type that have a label, whatever its value.
  func objects(_ type: ObjectType, having label: String) async throws -> LabelledObjects
  /// Removes an object; one that is not there is removed already.
  func delete(_ identity: ObjectIdentity) async throws
  /// Changes fields of an object (RFC 7386), and answers with the object as it is then; nil when it is not there.
  @discardableResult
  func mergePatch(_ identity: ObjectIdentity, _ patch: Value) async throws -> Value?
  /// Makes an object; one of its name that is there already stays as it is.
  func create(_ wanted: Value, _ identity: ObjectIdentity) async throws
  /// Makes fields of an object as given by server-side apply, taking them over from whoever has set them otherwise.
  func apply(_ wanted: Value, to identity: ObjectIdentity, fieldManager: String) async throws
  /// What would become of an object if these fields were applied to it by force; nothing is changed.
  func dryRun(_ wanted: Value, of identity: ObjectIdentity) async throws -> DryRun
  /// The same cluster with the rights of another user.
  func acting(as user: String) throws -> any ClusterAPI
  /// Tells of a type's objects that have the label, until the stream is let go of: first of all, then of changes.
  func watch(_ type: ObjectType, label: String) -> AsyncStream<ClusterEvent>
}

extension ClusterAPI {
  /// Makes a namespace as Helm would; one that is there already stays as it is.
  func createNamespace(_ name: String) async throws {
    try await create(
      [
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": ["name": .string(name), "labels": ["name": .string(name)]],
      ], ObjectIdentity(apiVersion: "v1", kind: "Namespace", name: name))
  }
}

/// One consistent read of a type's objects.
struct LabelledObjects: Sendable {
  /// The objects.
  var objects: [Value] = []
  /// The revision they were read at; 0 where the server's text is no number.
  var resourceVersion: UInt64 = 0
}

/// What came of applying an object in a dry run.
enum DryRun: Sendable {
  /// The object as it would be.
  case applied(Value)
  /// The server would not take these fields: one of them is immutable, for example.
  case refused(String)
  /// The object changed at the same moment.
  case disturbed
  /// The object's kind or namespace is not there.
  case absent
  /// The server cannot try this: a webhook forbids dry runs or does not answer, or the rights for it are missing.
  case impossible(String)
}

/// What a watch tells.
enum ClusterEvent: Sendable {
  /// An object is there, in this state.
  case changed(Value)
  /// An object is gone, or has the label no more.
  case removed(namespace: String, name: String, uid: String)
  /// Everything that was there when the watch began, or began again, was told.
  case synced
  /// The server offers this kind no more, by its own word: there are no objects of it.
  case unserved
  /// The server does not answer; what was told may be out of date until the next `synced` or change.
  case interrupted(String)
}

/// The kinds that an API server offers.
struct ClusterKinds: Sendable, Equatable {
  /// Whether objects of a type have a namespace.
  var isNamespaced: [ObjectType: Bool] = [:]
  /// Group versions and kinds for templates that ask: `apps/v1` and `apps/v1/Deployment`.
  var apiVersions: [String] = []
  /// The server's version.
  var version = ""

  /// The namespace of an object that names none: the release's, where its kind has namespaces.
  func complete(_ identity: ObjectIdentity, releaseNamespace: String) -> ObjectIdentity {
    guard identity.namespace.isEmpty, isNamespaced[identity.type] == true else { return identity }
    var completed = identity
    completed.namespace = releaseNamespace
    return completed
  }
}
