import Document

@testable import Agent
@testable import Fleet
@testable import KubeServer

/// What clusters and kubectl send.
enum ClusterTargets {
  static let all = [kubeProtobuf, helmRecord]

  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  private static func body(_ kind: String, _ raw: [UInt8]) -> [UInt8] {
    field(1, field(1, Array("v1".utf8)) + field(2, Array(kind.utf8))) + field(2, raw)
  }

  /// The envelope behind `k8s` and a zero byte, which every input has.
  private static let kubeProtobuf = FuzzTarget(
    name: "kube-protobuf", form: .protobuf,
    seeds: ["Secret", "ConfigMap", "Namespace", "Event", "DeleteOptions"].map { kind in
      let labels = field(11, field(1, Array("k".utf8)) + field(2, Array("v".utf8)))
      let metadata = field(1, field(1, Array("s".utf8)) + labels + field(8, [8, 1, 16, 2]))
      return body(kind, metadata + field(2, field(1, Array("a".utf8)) + field(2, [1, 2])) + [0x28, 1])
    }
  ) { bytes in
    let document = try ProtobufKinds.document([0x6b, 0x38, 0x73, 0] + bytes)
    let text = JSON.encode(document)
    _ = try accepted("the document of a protobuf body") { try JSON.parse(text) }
  }

  private static let helmRecord = FuzzTarget(
    name: "helm-record", form: .text,
    seeds: [
      #"{"name":"r","version":3,"info":{"status":"deployed"},"chart":{"metadata":{"name":"c","annotations":{"a":"b"}}},"#
        + #""manifest":"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n"}"#
    ].map { Array($0.utf8) }, dictionary: ["null", "[]", "{}", "---\\n", "\\u0000", "\"manifest\":", ","]
  ) { bytes in
    // Helm's JSON alone, its gzip, and as it stands in the Secret: each may be broken on its own.
    let wrapped = [
      Base64.encode(Array(Base64.encode(bytes).utf8)),
      Base64.encode(Array(Base64.encode(try Gzip.compress(bytes)).utf8)),
      String(decoding: bytes, as: UTF8.self), Base64.encode(bytes),
    ]
    for text in wrapped {
      let secret: Value = [
        "metadata": [
          "name": "sh.helm.release.v1.r.v3", "namespace": "d", "labels": ["owner": "helm", "version": "3"],
        ],
        "data": ["release": .string(text)],
      ]
      guard let record = try? HelmRecord(secret) else { continue }
      _ = record.deploymentID
      let patch = try accepted("a record of our own") { try record.deployedPatch() }
      var changed = secret
      changed["data"] = patch["data"]
      let again = try accepted("a record that was read and written") { try HelmRecord(changed) }
      try promise(again?.manifest == record.manifest, "a record's manifest changes when it is written and read")
      _ = try? record.patch { $0.name == "m" }
    }
  }
}
