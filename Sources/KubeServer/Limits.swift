/// The bounds of one API server. Those a deployment may want to change are in ``KubeServerConfiguration``.
enum Limits {
  /// Bytes of one request body, unless configured otherwise.
  static let bodyBytes = 8 << 20
  /// Bytes of one header field, and of all of them together.
  static let headerBytes = 64 << 10
  /// Header fields of one request.
  static let headerFields = 100
  /// Connections held at once; further ones wait in the listen queue.
  static let connections = 4096
  /// Seconds an ordinary (not watch) request may take before it is answered 504.
  static let requestSeconds = 60
  /// Seconds a connection may sit idle between requests.
  static let idleSeconds = 180
  /// Objects asked of the storage at a time, whatever a client asks for.
  static let pageObjects = 500
  /// The largest `limit` of a list that is honoured; a larger one gets this many and a continue token.
  static let listObjects = 10_000
  /// Events waiting in one watch between the storage and the socket; above that the storage is not read.
  static let watchBufferEvents = 128
  /// Encoded events kept per kind so that watchers of the same objects share one encoding.
  static let encodedEvents = 256
  /// The largest encoded event worth keeping.
  static let encodedEventBytes = 64 << 10
  /// Seconds a watch may be stuck in one write before its connection is closed.
  static let watchWriteSeconds = 30
  /// Seconds between bookmarks of a watch that asked for them.
  static let bookmarkSeconds = 30
  /// Seconds after which a watch without `timeoutSeconds` ends; chosen at random in this range so watchers do not
  /// come back together.
  static let watchSeconds = 1800...3600
  /// The largest `timeoutSeconds` honoured.
  static let watchSecondsMaximum = 86_400
  /// Times an update without a resource version is tried again after a conflict.
  static let conflictRetries = 8
  /// Operations of one JSON Patch.
  static let patchOperations = 10_000
  /// Errors and warnings reported of one object.
  static let reportedFields = 100
  /// Bytes of one object's annotations, keys and values together.
  static let annotationBytes = 256 << 10
  /// Levels a document may nest.
  static let depth = 100
  /// Characters of a `fieldManager`.
  static let fieldManagerCharacters = 128
  /// Managers remembered by `managedFields` for updates; older ones are merged.
  static let updateManagers = 10
  /// Events kept by an in-memory store for watchers and consistent pages.
  static let memoryHistory = 8192
  /// Days before its end at which a serving certificate is renewed.
  static let renewalDays = 30
  /// Days a serving certificate is valid.
  static let servingDays = 365
  /// Days the certificate authority is valid.
  static let authorityDays = 3650
}
