import Document

/// The bodies that clients send in protobuf. kubectl 1.32 does so for the core kinds it makes itself (`create secret`,
/// `create namespace`, ...) and for reviews, whatever the server says it reads; answers are always JSON, which the same
/// clients accept. Field numbers are those of Kubernetes' published `generated.proto` files.
enum ProtobufKinds {
  typealias Fields = [Int: (name: String, type: ProtobufType)]

  /// The media type.
  static let mediaType = "application/vnd.kubernetes.protobuf"

  /// The document in a body: `k8s\0`, then `runtime.Unknown` with type and raw message.
  static func document(_ body: [UInt8]) throws(KubeError) -> Value {
    guard body.starts(with: [0x6b, 0x38, 0x73, 0]) else { throw ProtobufReader.malformed }
    let envelope = try ProtobufDecoder.document(
      body.dropFirst(4), [1: ("typeMeta", .message([1: ("apiVersion", .string), 2: ("kind", .string)]))])
    let apiVersion = envelope.at("typeMeta", "apiVersion")?.string ?? ""
    let kind = envelope.at("typeMeta", "kind")?.string ?? ""
    guard let fields = messages["\(apiVersion) \(kind)"] ?? (kind == "DeleteOptions" ? deleteOptions : nil) else {
      throw KubeError.unsupportedMediaType(["application/json", "application/yaml"])
    }
    var document = try ProtobufDecoder.document(raw(of: body.dropFirst(4)), fields)
    document["apiVersion"] = .string(apiVersion)
    document["kind"] = .string(kind)
    return document
  }

  private static func raw(of envelope: ArraySlice<UInt8>) throws(KubeError) -> ArraySlice<UInt8> {
    var reader = ProtobufReader(envelope)
    while let (number, field) = try reader.next() {
      if number == 2, case .bytes(let bytes) = field { return bytes }
    }
    return envelope.prefix(0)
  }

  private static let messages: [String: Fields] = [
    "v1 Namespace": [
      1: ("metadata", objectMeta), 2: ("spec", .message([1: ("finalizers", .list(.string))])),
      3: ("status", .message([1: ("phase", .string)])),
    ],
    "v1 Secret": [
      1: ("metadata", objectMeta), 2: ("data", .bytesMap), 3: ("type", .string), 4: ("stringData", .stringMap),
      5: ("immutable", .boolean),
    ],
    "v1 ConfigMap": [
      1: ("metadata", objectMeta), 2: ("data", .stringMap), 3: ("binaryData", .bytesMap), 4: ("immutable", .boolean),
    ],
    "v1 Event": event,
    "authorization.k8s.io/v1 SelfSubjectAccessReview": [
      1: ("metadata", objectMeta),
      2: (
        "spec",
        .message([
          1: ("resourceAttributes", resourceAttributes),
          2: ("nonResourceAttributes", .message([1: ("path", .string), 2: ("verb", .string)])),
        ])
      ),
    ],
    "authorization.k8s.io/v1 SelfSubjectRulesReview": [
      1: ("metadata", objectMeta), 2: ("spec", .message([1: ("namespace", .string)])),
    ],
    "authentication.k8s.io/v1 SelfSubjectReview": [1: ("metadata", objectMeta)],
  ]

  private static let deleteOptions: Fields = [
    1: ("gracePeriodSeconds", .integer),
    2: ("preconditions", .message([1: ("uid", .string), 2: ("resourceVersion", .string)])),
    3: ("orphanDependents", .boolean), 4: ("propagationPolicy", .string), 5: ("dryRun", .list(.string)),
  ]

  private static let objectMeta = ProtobufType.message([
    1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 4: ("selfLink", .string),
    5: ("uid", .string), 6: ("resourceVersion", .string), 7: ("generation", .integer),
    8: ("creationTimestamp", .time), 9: ("deletionTimestamp", .time),
    10: ("deletionGracePeriodSeconds", .integer), 11: ("labels", .stringMap), 12: ("annotations", .stringMap),
    13: (
      "ownerReferences",
      .list(
        .message([
          1: ("kind", .string), 3: ("name", .string), 4: ("uid", .string), 5: ("apiVersion", .string),
          6: ("controller", .boolean), 7: ("blockOwnerDeletion", .boolean),
        ]))
    ),
    14: ("finalizers", .list(.string)),
    17: (
      "managedFields",
      .list(
        .message([
          1: ("manager", .string), 2: ("operation", .string), 3: ("apiVersion", .string), 4: ("time", .time),
          6: ("fieldsType", .string), 7: ("fieldsV1", .fieldsV1), 8: ("subresource", .string),
        ]))
    ),
  ])

  private static let resourceAttributes = ProtobufType.message([
    1: ("namespace", .string), 2: ("verb", .string), 3: ("group", .string), 4: ("version", .string),
    5: ("resource", .string), 6: ("subresource", .string), 7: ("name", .string),
  ])

  private static let objectReference = ProtobufType.message([
    1: ("kind", .string), 2: ("namespace", .string), 3: ("name", .string), 4: ("uid", .string),
    5: ("apiVersion", .string), 6: ("resourceVersion", .string), 7: ("fieldPath", .string),
  ])

  private static let event: Fields = [
    1: ("metadata", objectMeta), 2: ("involvedObject", objectReference), 3: ("reason", .string),
    4: ("message", .string), 5: ("source", .message([1: ("component", .string), 2: ("host", .string)])),
    6: ("firstTimestamp", .time), 7: ("lastTimestamp", .time), 8: ("count", .integer), 9: ("type", .string),
    10: ("eventTime", .time),
    11: ("series", .message([1: ("count", .integer), 2: ("lastObservedTime", .time)])), 12: ("action", .string),
    13: ("related", objectReference), 14: ("reportingComponent", .string), 15: ("reportingInstance", .string),
  ]
}
