import Document

extension CoreKinds {
  private static let requiredSecretKeys: [String: [String]] = [
    "kubernetes.io/tls": ["tls.crt", "tls.key"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
    "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  ]

  /// core/v1 Secret. `stringData` is merged into `data` and never stored.
  public static let secret = ResourceKind(
    group: "", version: "v1", kind: "Secret",
    schema: [
      "type": "object",
      "description":
        "Secret holds secret data of a certain type. The total bytes of the values in the Data field must be less than MaxSecretSize bytes.",
      "properties": [
        "data": [
          "type": "object", "additionalProperties": ["type": "string", "format": "byte"],
          "description":
            "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here.",
        ],
        "stringData": [
          "type": "object", "additionalProperties": ["type": "string"],
          "description":
            "stringData allows specifying non-binary secret data in string form. It is provided as a write-only input field for convenience. All keys and values are merged into the data field on write, overwriting any existing values. The stringData field is never output when reading from the API.",
        ],
        "type": ["type": "string", "description": "Used to facilitate programmatic handling of secret data."],
        "immutable": [
          "type": "boolean",
          "description":
            "Immutable, if set to true, ensures that data stored in the Secret cannot be updated (only object metadata can be modified).",
        ],
      ],
    ],
    columns: [
      PrinterColumn(
        name: "Type", description: "Used to facilitate programmatic handling of secret data.", jsonPath: ".type"),
      PrinterColumn(name: "Data", type: "integer", description: "The number of entries in data.") { object in
        .integer(Int64(object["data"]?.object?.count ?? 0))
      }, .age,
    ],
    hasStatus: false, tracksGeneration: false, selectableFields: ["type"], offersStrategicMerge: true,
    mutate: { object, _ in
      for (key, value) in object["stringData"]?.object ?? [:] {
        if let text = value.string { object.set(.string(Base64.encode(Array(text.utf8))), at: "data", key) }
      }
      object["stringData"] = nil
      if (object["type"]?.string ?? "").isEmpty { object["type"] = "Opaque" }
    },
    validate: { object, old in
      var errors = keyErrors(object, "data") + immutableErrors(object, old, ["data"])
      let data = object["data"]?.object ?? [:]
      let bytes = data.values.reduce(0) { $0 + ($1.string?.utf8.count ?? 0) * 3 / 4 }
      if bytes > dataBytes { errors.append(.tooLong("data", limit: dataBytes)) }
      let type = object["type"]?.string ?? ""
      for key in requiredSecretKeys[type] ?? [] where data[key] == nil { errors.append(.required("data[\(key)]")) }
      if let old, old["type"] != object["type"] {
        errors.append(.invalid("type", object["type"] ?? .null, "field is immutable"))
      }
      return errors
    })
}
