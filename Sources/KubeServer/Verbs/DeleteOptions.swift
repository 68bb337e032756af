import Document

/// `metav1.DeleteOptions`, from the body or the query.
struct DeleteOptions: Sendable {
  var uid: String?
  var resourceVersion: String?
  var dryRun = false

  /// Reads the options; `badRequest` for those that make no sense. What Kubernetes' garbage collector would act upon
  /// (propagationPolicy) is checked, and has no effect here: no kind served owns objects that would outlive it.
  init(_ request: APIRequest) throws(KubeError) {
    dryRun = try request.isDryRun()
    try Self.check(policy: request.query["propagationPolicy"])
    guard !request.body.isEmpty else { return }
    let (body, _) = try BodyDecoding.object(request)
    if body.isNull { return }
    guard body.object != nil else { throw KubeError.badRequest("DeleteOptions must be an object") }
    if let kind = body["kind"]?.string, kind != "DeleteOptions" {
      throw KubeError.badRequest("the body of a delete is DeleteOptions, not \(kind)")
    }
    uid = body.at("preconditions", "uid")?.string
    resourceVersion = body.at("preconditions", "resourceVersion")?.string
    try Self.check(policy: body["propagationPolicy"]?.string)
    let dry = (body["dryRun"]?.array ?? []).compactMap(\.string)
    if let first = dry.first {
      guard first == "All", dry.count == 1 else {
        throw KubeError.badRequest("dryRun=\(dry.joined(separator: ",")) is not supported; the only value is All")
      }
      dryRun = true
    }
  }

  private static func check(policy: String?) throws(KubeError) {
    guard let policy, !policy.isEmpty else { return }
    guard ["Orphan", "Background", "Foreground"].contains(policy) else {
      throw KubeError.badRequest(
        "propagationPolicy \(policy) is not supported; use Orphan, Background or Foreground")
    }
  }
}
