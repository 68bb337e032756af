import Document

/// The kinds of core/v1 that every fleet needs, as a Kubernetes API server serves them.
public enum CoreKinds {
  /// All of them, in the order discovery shows.
  public static let all = [namespace, secret, configMap, event]

  /// Errors of the keys of a ConfigMap's or Secret's data.
  static func keyErrors(_ object: Value, _ field: String) -> [FieldError] {
    (object[field]?.object ?? [:]).keys.sorted().filter { !Names.isDataKey($0) }.map { key in
      .invalid(
        "\(field)[\(key)]", .string(key),
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
          + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
    }
  }

  /// Errors of a change to an object that says of itself that it does not change.
  static func immutableErrors(_ object: Value, _ old: Value?, _ fields: [String]) -> [FieldError] {
    guard let old, old["immutable"]?.bool == true else { return [] }
    var errors: [FieldError] = []
    if object["immutable"]?.bool != true {
      errors.append(.forbidden("immutable", "field is immutable when `immutable` is set"))
    }
    for field in fields where object[field] ?? [:] != old[field] ?? [:] {
      errors.append(.forbidden(field, "field is immutable when `immutable` is set"))
    }
    return errors
  }

  /// Bytes of data one Secret or ConfigMap may hold, as in Kubernetes.
  static let dataBytes = 1 << 20
}
