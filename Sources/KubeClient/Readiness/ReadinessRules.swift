import Document

/// Which conditions of which kinds mean an error (fleet-behaviour §5.9, 2).
public struct ReadinessRules: Sendable, Hashable {
  /// For each kind, written `group/version, Kind=Kind` (`v1, Kind=Node` in the core group): a condition's type, and the statuses of it
  /// that mean an error. A kind that is listed here has no other errors by type.
  public var errorConditions: [String: [String: Set<String>]]

  /// The rules without extensions.
  public init() {
    errorConditions = [
      "helm.cattle.io/v1, Kind=HelmChart": ["JobCreated": [], "Failed": ["True"]],
      "v1, Kind=Node": [
        "OutOfDisk": ["True"], "MemoryPressure": ["True"], "DiskPressure": ["True"], "NetworkUnavailable": ["True"],
      ],
      "apps/v1, Kind=Deployment": ["ReplicaFailure": ["True"], "Progressing": ["False"]],
      "apps/v1, Kind=ReplicaSet": ["ReplicaFailure": ["True"]],
    ]
  }

  /// The rules with those of `CATTLE_WRANGLER_CHECK_GVK_ERROR_MAPPING` laid over them: a list of
  /// `{"gvk": "group/version, Kind=Kind", "conditionMappings": [{"type": ..., "status": [...]}]}`. A condition named there replaces its
  /// own entry; others stay.
  ///
  /// - Throws: `.configuration` when the text has another form.
  public init(extending text: String) throws(KubeClientError) {
    self.init()
    let document: Value
    do throws(DocumentError) { document = try JSON.parse(text) } catch {
      throw KubeClientError(.configuration, "the table of error conditions is no JSON: \(error)", cause: error)
    }
    for entry in document.array ?? [.null] {
      guard let kind = entry["gvk"]?.string, let mappings = entry["conditionMappings"]?.array else {
        throw KubeClientError(
          .configuration, "each entry of the table of error conditions needs gvk and conditionMappings")
      }
      for mapping in mappings {
        guard let type = mapping["type"]?.string, let statuses = (mapping["status"] ?? []).array else {
          throw KubeClientError(.configuration, "each condition mapping of \(kind) needs a type and a list of statuses")
        }
        errorConditions[kind, default: [:]][type] = Set(statuses.compactMap(\.string))
      }
    }
  }

  /// What means an error for kinds that no rule names.
  private static let fallback: [String: Set<String>] = ["Stalled": ["True"], "Failed": ["True"]]

  func conditions(for object: Value) -> [String: Set<String>] {
    let kind = "\(object["apiVersion"]?.string ?? ""), Kind=\(object["kind"]?.string ?? "")"
    return errorConditions[kind] ?? Self.fallback
  }
}

/// One entry of `status.conditions`.
struct ObjectCondition: Hashable {
  var type: String
  var status: String
  var reason: String
  var message: String

  static func all(of object: Value) -> [ObjectCondition] {
    (object.at("status", "conditions")?.array ?? []).map {
      ObjectCondition(
        type: $0["type"]?.string ?? "", status: $0["status"]?.string ?? "", reason: $0["reason"]?.string ?? "",
        message: $0["message"]?.string ?? "")
    }
  }
}
