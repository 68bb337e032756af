import Document

extension KubeError {
  /// `gitrepos.fleet.cattle.io "x" not found`.
  public static func notFound(_ kind: ResourceKind, name: String) -> KubeError {
    KubeError(.notFound, "\(kind.groupResource) \"\(name)\" not found", details: resource(kind, name))
  }

  /// `gitrepos.fleet.cattle.io "x" already exists`.
  public static func alreadyExists(_ kind: ResourceKind, name: String) -> KubeError {
    KubeError(.alreadyExists, "\(kind.groupResource) \"\(name)\" already exists", details: resource(kind, name))
  }

  /// Optimistic locking failed: `Operation cannot be fulfilled on gitrepos.fleet.cattle.io "x": ...`.
  public static func conflict(
    _ kind: ResourceKind, name: String,
    _ why: String =
      "the object has been modified; please apply your changes to the latest version and try again"
  ) -> KubeError {
    KubeError(
      .conflict, "Operation cannot be fulfilled on \(kind.groupResource) \"\(name)\": \(why)",
      details: resource(kind, name))
  }

  /// `gitrepos.fleet.cattle.io "x" is forbidden: ...`.
  public static func forbidden(_ kind: ResourceKind, name: String, _ why: String) -> KubeError {
    let subject = name.isEmpty ? kind.groupResource : "\(kind.groupResource) \"\(name)\""
    return KubeError(.forbidden, "\(subject) is forbidden: \(why)", details: resource(kind, name))
  }

  /// The object breaks its kind's rules; every error becomes a cause, so that kubectl lists them.
  public static func invalid(_ kind: ResourceKind, name: String, _ errors: [FieldError]) -> KubeError {
    var details = Details()
    details.name = name
    details.group = kind.group
    details.kind = kind.kind
    details.causes = errors.prefix(Limits.reportedFields).map {
      Cause(reason: $0.reason, message: $0.body, field: $0.field)
    }
    let texts = errors.prefix(Limits.reportedFields).map(\.description)
    let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    let qualified = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
    return KubeError(.invalid, "\(qualified) \"\(name)\" is invalid: \(list)", details: details)
  }

  /// The request makes no sense.
  public static func badRequest(_ message: String, cause: (any Error)? = nil) -> KubeError {
    KubeError(.badRequest, message, cause: cause)
  }

  /// A watch or page asked for a revision that is no longer kept.
  public static func expired(_ message: String = "The resourceVersion for the provided watch is too old.") -> KubeError
  {
    KubeError(.expired, message)
  }

  /// A fault of the server; `cause` is logged and not sent.
  public static func internalError(_ message: String, cause: (any Error)? = nil) -> KubeError {
    KubeError(.internalError, "Internal error occurred: \(message)", cause: cause)
  }

  static func pathNotFound() -> KubeError {
    KubeError(.notFound, "the server could not find the requested resource", details: Details())
  }

  static func methodNotAllowed() -> KubeError {
    KubeError(.methodNotAllowed, "the server does not allow this method on the requested resource", details: Details())
  }

  static func unsupportedMediaType(_ accepted: [String]) -> KubeError {
    KubeError(
      .unsupportedMediaType,
      "the body of the request was in an unknown format - accepted media types include: "
        + accepted.joined(separator: ", "))
  }

  static func notAcceptable(_ offered: [String]) -> KubeError {
    KubeError(
      .notAcceptable, "only the following media types are accepted: " + offered.joined(separator: ", "))
  }

  static func entityTooLarge(limit: Int) -> KubeError {
    KubeError(.entityTooLarge, "Request entity too large: limit is \(limit) bytes")
  }

  private static func resource(_ kind: ResourceKind, _ name: String) -> Details {
    var details = Details()
    details.name = name
    details.group = kind.group
    details.kind = kind.plural
    return details
  }
}
