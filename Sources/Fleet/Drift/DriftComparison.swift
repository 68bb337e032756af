import Document

/// Whether a live object differs from what was deployed (fleet-behaviour §5.7, §5.8).
///
/// What was deployed is applied to the live object in a dry run of the API server's, by force and under a field manager of its
/// own. What comes out differs from the live object exactly in the fields that were deployed and have another value now:
/// defaults, webhooks' changes and other owners' fields are on both sides.
public enum DriftComparison {
  /// An object of a release's manifest as it is applied in the dry run: without what a manifest may say and does not decide.
  public static func wanted(_ object: Value) -> Value {
    var wanted = withoutNulls(object)
    wanted["status"] = Value?.none
    for key in serverMetadata { wanted.set(nil, at: "metadata", key) }
    wanted = withoutAggregatedRules(wanted)
    return withoutEmptyBundles(wanted)
  }

  /// The JSON merge patch from the live object to the wanted one, as the server made it in a dry run; nil when nothing differs.
  ///
  /// - Parameters:
  ///   - live: the object, of the revision that the dry run began with.
  ///   - applied: what came out of the dry run.
  ///   - object: which object.
  ///   - rules: what does not count.
  ///   - ignoresReplicas: an autoscaler decides how many there are.
  public static func patch(
    live: Value, applied: Value, of object: ObjectIdentity, rules: DriftRules, ignoresReplicas: Bool = false
  ) -> Value? {
    let sides = [live, applied].map { tree in
      var tree = rules.normalize(comparable(tree), of: object)
      if ignoresReplicas { tree.set(nil, at: "spec", "replicas") }
      return tree
    }
    let patch = Value.mergePatch(from: sides[0], to: sides[1])
    return patch == [:] ? Value?.none : patch
  }

  /// The patch where the server refuses even to try, as it does for a change of an immutable field: of the fields that are wanted,
  /// those that are otherwise. Defaults and spellings are not known here, so nothing that the server accepts comes this way.
  public static func patch(live: Value, refused wanted: Value, of object: ObjectIdentity, rules: DriftRules) -> Value? {
    let live = rules.normalize(comparable(live), of: object)
    let wanted = rules.normalize(comparable(wanted), of: object)
    guard let difference = missing(in: live, of: wanted), difference != [:] else { return nil }
    return difference
  }

  /// The fields that a patch from the live object to the wanted one changes, for people.
  public static func fields(
    of patch: Value, live: Value, of object: ObjectIdentity, rules: DriftRules
  ) -> (fields: [FieldDifference], leftOut: Int) {
    let live = rules.normalize(comparable(live), of: object)
    return FieldDifference.all(from: live, to: live.applyingMergePatch(patch), of: object)
  }

  /// Whether a patch sets how many replicas there are.
  public static func setsReplicas(_ patch: Value) -> Bool { patch.at("spec", "replicas") != nil }

  /// Whether a HorizontalPodAutoscaler scales an object of its namespace.
  public static func scales(_ autoscaler: Value, _ object: ObjectIdentity) -> Bool {
    guard let target = autoscaler.at("spec", "scaleTargetRef"), target["kind"]?.string == object.kind,
      target["name"]?.string == object.name
    else { return false }
    let apiVersion = target["apiVersion"]?.string ?? ""
    return apiVersion.isEmpty
      || ObjectIdentity(apiVersion: apiVersion, kind: object.kind, name: object.name).group == object.group
  }

  private static let serverMetadata = [
    "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink", "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ]

  /// A tree without what never is drift.
  static func comparable(_ object: Value) -> Value {
    var tree = withoutAggregatedRules(withoutNulls(object))
    for key in ["apiVersion", "kind", "status"] { tree[key] = Value?.none }
    for key in serverMetadata { tree.set(nil, at: "metadata", key) }
    for key in tree.at("metadata", "annotations")?.object?.keys.filter({ $0.hasPrefix("objectset.rio.cattle.io/") })
      ?? []
    {
      tree.set(nil, at: "metadata", "annotations", key)
    }
    if tree.at("metadata", "annotations") == [:] { tree.set(nil, at: "metadata", "annotations") }
    return tree
  }

  /// Null and absent mean the same (Fleet issues 4664 and 5001).
  private static func withoutNulls(_ value: Value) -> Value {
    switch value {
    case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(withoutNulls))
    case .array(let elements): .array(elements.map(withoutNulls))
    default: value
    }
  }

  /// A controller fills in the rules of a ClusterRole that is put together from others.
  private static func withoutAggregatedRules(_ object: Value) -> Value {
    guard object["kind"] == "ClusterRole", object["aggregationRule"]?.object?.isEmpty == false else { return object }
    var object = object
    object["rules"] = Value?.none
    return object
  }

  /// Empty certificate bundles are places for others to fill in: those of webhooks, and of what cert-manager fills in besides.
  private static func withoutEmptyBundles(_ object: Value) -> Value {
    var object = object
    func isPlaceholder(_ value: Value?) -> Bool { ["", "Cg=="].contains(value?.string ?? "-") }
    switch object["kind"]?.string {
    case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
      guard let webhooks = object["webhooks"]?.array else { return object }
      object["webhooks"] = .array(
        webhooks.map { webhook in
          var webhook = webhook
          if isPlaceholder(webhook.at("clientConfig", "caBundle")) { webhook.set(nil, at: "clientConfig", "caBundle") }
          return webhook
        })
    case "CustomResourceDefinition":
      let path = ["spec", "conversion", "webhook", "clientConfig", "caBundle"]
      if isPlaceholder(object.at(path)) { object.set(nil, at: path) }
    case "APIService":
      if isPlaceholder(object.at("spec", "caBundle")) { object.set(nil, at: "spec", "caBundle") }
    default: break
    }
    return object
  }

  /// What of `wanted` is not in `live`; nil when all of it is.
  private static func missing(in live: Value, of wanted: Value) -> Value? {
    switch (live, wanted) {
    case (.object(let old), .object(let new)):
      var result: [String: Value] = [:]
      for (key, value) in new { result[key] = old[key].map { missing(in: $0, of: value) } ?? value }
      return result.isEmpty ? Value?.none : .object(result)
    case (.array(let old), .array(let new)) where old.count == new.count:
      return zip(old, new).allSatisfy { missing(in: $0, of: $1) == nil } ? Value?.none : wanted
    default: return live == wanted ? Value?.none : wanted
    }
  }
}
