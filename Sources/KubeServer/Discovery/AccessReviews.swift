import Document

/// A review resource: created, answered and forgotten.
struct ReviewResource: Sendable {
  let group: String
  let kind: String
  let plural: String

  static let all = [
    ReviewResource(
      group: "authorization.k8s.io", kind: "SelfSubjectAccessReview", plural: "selfsubjectaccessreviews"),
    ReviewResource(group: "authorization.k8s.io", kind: "SelfSubjectRulesReview", plural: "selfsubjectrulesreviews"),
    ReviewResource(group: "authentication.k8s.io", kind: "SelfSubjectReview", plural: "selfsubjectreviews"),
  ]
  static let groups = ["authorization.k8s.io", "authentication.k8s.io"]
}

/// What the caller may do and who they are: behind `kubectl auth can-i` and `kubectl auth whoami`.
struct AccessReviews: Sendable {
  /// Which review a path means.
  enum Kind: Sendable {
    case access
    case rules
    case identity

    init?(_ path: ResourcePath) {
      guard path.version == "v1", path.namespace == nil, path.name == nil else { return nil }
      switch (path.group, path.resource) {
      case ("authorization.k8s.io", "selfsubjectaccessreviews"): self = .access
      case ("authorization.k8s.io", "selfsubjectrulesreviews"): self = .rules
      case ("authentication.k8s.io", "selfsubjectreviews"): self = .identity
      default: return nil
      }
    }
  }

  let authorizer: Authorizer
  let registry: Registry

  /// Answers a review.
  func answer(_ kind: Kind, _ request: APIRequest) async throws -> APIAnswer {
    guard request.method == "POST" else { throw KubeError.methodNotAllowed() }
    var (review, _) = try BodyDecoding.object(request)
    guard review.object != nil else { throw KubeError.badRequest("a review is an object") }
    switch kind {
    case .access: review["status"] = try await access(review, request.user)
    case .rules: review["status"] = await rules(review, request.user)
    case .identity:
      review["status"] = [
        "userInfo": ["username": .string(request.user.name), "groups": Value(request.user.groups)]
      ]
    }
    return .document(review, as: try request.representation(), status: 201)
  }

  private func access(_ review: Value, _ user: UserInfo) async throws -> Value {
    var attributes = RequestAttributes()
    if let resource = review.at("spec", "resourceAttributes") {
      attributes.verb = resource["verb"]?.string ?? ""
      attributes.group = resource["group"]?.string ?? ""
      attributes.resource = resource["resource"]?.string ?? ""
      attributes.subresource = resource["subresource"]?.string ?? ""
      attributes.namespace = resource["namespace"]?.string ?? ""
      attributes.name = resource["name"]?.string ?? ""
    } else if let other = review.at("spec", "nonResourceAttributes") {
      attributes.verb = other["verb"]?.string ?? ""
      attributes.path = other["path"]?.string ?? ""
    } else {
      throw KubeError.badRequest("spec needs resourceAttributes or nonResourceAttributes")
    }
    return ["allowed": .bool(await authorizer(user, attributes))]
  }

  /// One rule per group for the verbs that are allowed on all of its resources.
  private func rules(_ review: Value, _ user: UserInfo) async -> Value {
    var rules: [Value] = []
    for served in registry.kinds {
      var verbs: [String] = []
      for verb in Discovery.verbs(served.kind) {
        var attributes = RequestAttributes()
        attributes.verb = verb
        attributes.group = served.kind.group
        attributes.resource = served.kind.plural
        attributes.namespace = review.at("spec", "namespace")?.string ?? ""
        if await authorizer(user, attributes) { verbs.append(verb) }
      }
      for view in served.kind.views {
        var attributes = RequestAttributes()
        attributes.verb = "get"
        attributes.group = served.kind.group
        attributes.resource = served.kind.plural
        attributes.subresource = view.name
        attributes.namespace = review.at("spec", "namespace")?.string ?? ""
        guard await authorizer(user, attributes) else { continue }
        rules.append([
          "verbs": ["get"], "apiGroups": [.string(served.kind.group)],
          "resources": [.string("\(served.kind.plural)/\(view.name)")],
        ])
      }
      guard !verbs.isEmpty else { continue }
      rules.append([
        "verbs": Value(verbs), "apiGroups": [.string(served.kind.group)], "resources": [.string(served.kind.plural)],
      ])
    }
    return ["resourceRules": .array(rules), "nonResourceRules": [], "incomplete": false]
  }
}
