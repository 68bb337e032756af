import Document

extension CoreKinds {
  /// core/v1 ConfigMap.
  public static let configMap = ResourceKind(
    group: "", version: "v1", kind: "ConfigMap", shortNames: ["cm"],
    schema: [
      "type": "object", "description": "ConfigMap holds configuration data for pods to consume.",
      "properties": [
        "data": [
          "type": "object", "additionalProperties": ["type": "string"],
          "description":
            "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field.",
        ],
        "binaryData": [
          "type": "object", "additionalProperties": ["type": "string", "format": "byte"],
          "description": "BinaryData contains the binary data, base64 encoded.",
        ],
        "immutable": [
          "type": "boolean",
          "description":
            "Immutable, if set to true, ensures that data stored in the ConfigMap cannot be updated (only object metadata can be modified).",
        ],
      ],
    ],
    columns: [
      PrinterColumn(name: "Data", type: "integer", description: "The number of entries in data and binaryData.") {
        object in
        .integer(Int64((object["data"]?.object?.count ?? 0) + (object["binaryData"]?.object?.count ?? 0)))
      }, .age,
    ],
    hasStatus: false, tracksGeneration: false, offersStrategicMerge: true,
    validate: { object, old in
      var errors = keyErrors(object, "data") + keyErrors(object, "binaryData")
      errors += immutableErrors(object, old, ["data", "binaryData"])
      let data = object["data"]?.object ?? [:]
      let binary = object["binaryData"]?.object ?? [:]
      for key in data.keys.sorted() where binary[key] != nil {
        errors.append(.invalid("data[\(key)]", .string(key), "duplicate of key present in binaryData"))
      }
      let bytes =
        data.values.reduce(0) { $0 + ($1.string?.utf8.count ?? 0) }
        + binary.values.reduce(0) { $0 + ($1.string?.utf8.count ?? 0) * 3 / 4 }
      if bytes > dataBytes { errors.append(.tooLong("", limit: dataBytes)) }
      return errors
    })
}
