import Document

@testable import Fleet

/// Tokens, values, fleet.yaml, manifests, charts and statuses.
enum FleetTargets {
  static let all = [token, registration, fleetYAML, gzip, manifest, payload, status, tar, chart]

  private static let tokenText = "flotilla1.\(String(repeating: "A", count: 43)).tok1.0123456789abcdefSECRET"
  private static let dictionaryOfTokens = ["flotilla1.", ".", " ", "\n", "\u{0}", "é", "-", "_"]

  private static let token = FuzzTarget(
    name: "join-token", form: .text, seeds: [Array(tokenText.utf8)], dictionary: dictionaryOfTokens
  ) { bytes in
    let token = try JoinToken(String(decoding: bytes, as: UTF8.self))
    let again = try accepted("a token that was read and written") { try JoinToken(token.text) }
    try promise(again == token, "a token changes when it is written and read")
    try promise(!"\(token)".contains(token.secret) || token.id.contains(token.secret), "the secret is in a description")
  }

  private static let registration = FuzzTarget(
    name: "registration-values", form: .text,
    seeds: [
      Array(
        "clusterNamespace: a\nmanagerEndpoints: [\"tcp://h:1\"]\ntoken: \(tokenText)\nlabels:\n  env: dev\nclientID: x\n"
          .utf8)
    ], dictionary: ["tcp://", ":", "[", "]", "\n", "labels:", "internal: {systemNamespace: a}\n"]
  ) { bytes in
    let values = try RegistrationValues(parsing: bytes, file: "values.yaml")
    let text = values.yaml
    let again = try accepted("values that were read and written") {
      try RegistrationValues(parsing: Array(text.utf8), file: "again")
    }
    try promise(again == values, "values change when they are written and read: \(text.prefix(300))")
  }

  private static let fleetYAML = FuzzTarget(
    name: "fleet-yaml", form: .text,
    seeds: [
      "defaultNamespace: a\nhelm:\n  chart: ./c\n  values: {a: [1]}\n  valuesFiles: [x.yaml]\ntargetCustomizations:\n- name: p\n"
        + "  clusterSelector: {matchLabels: {env: prod}}\n  helm: {values: {b: 2}}\ndependsOn: [{name: x}]\nkeepResources: true\n",
      "kustomize: {dir: overlays/dev}\ndiff:\n  comparePatches:\n  - {apiVersion: v1, kind: S, jsonPointers: [/a]}\n",
    ].map { Array($0.utf8) },
    dictionary: [
      "\n", "  ", "- ", ": ", "null", "[]", "{}", "${ }", "paths:", "rolloutStrategy:", "\"", "true", "-1", "1e9",
    ]
  ) { bytes in
    _ = try FleetYAML.parse(bytes, file: "fleet.yaml")
  }

  private static let text = Array(
    #"{"resources":[{"name":"a/b.yaml","content":"a: 1\n"},{"name":"c","content":"H4sI"}]}"#.utf8)

  private static let gzip = FuzzTarget(
    name: "gzip", form: .bytes,
    seeds: [text, [], [UInt8](repeating: 7, count: 5000)].compactMap { try? Gzip.compress($0) }
  ) { bytes in
    let limit = 1 << 20
    let plain = try Gzip.decompress(bytes, limit: limit)
    try promise(plain.count <= limit, "\(plain.count) bytes came out, and the limit is \(limit)")
    let again = try accepted("gzip of our own") { try Gzip.decompress(try Gzip.compress(plain), limit: limit) }
    try promise(again == plain, "bytes change when they are compressed and decompressed")
  }

  private static let manifest = FuzzTarget(
    name: "manifest", form: .text, seeds: [text],
    dictionary: ["\"encoding\":\"base64+gz\"", "\"name\":", "{", "null", ",", "\\u0000"]
  ) { bytes in
    let manifest = try Manifest(decoding: bytes)
    let encoded = manifest.encoded()
    let again = try accepted("a manifest that was read and written") { try Manifest(decoding: encoded) }
    try promise(again.encoded() == encoded && again.id == manifest.id, "a manifest changes when it is written and read")
  }

  private static let payload = FuzzTarget(
    name: "options", form: .text,
    seeds: [
      DeploymentPayload(
        bundleName: "b", bundleNamespace: "n", labels: ["a": "b"], manifestID: "s-1", deploymentID: "s-1:2",
        options: (try? BundleDeploymentOptions([
          "helm": ["releaseName": "r", "values": ["a": 1]], "defaultNamespace": "d",
        ]))
          ?? BundleDeploymentOptions(), dependsOn: [DependsOn(name: "x")]
      ).encoded()
    ], dictionary: ["null", "[]", "{}", "-1", "\"\"", "true", "1e400", ","]
  ) { bytes in
    let payload = try DeploymentPayload(decoding: bytes)
    let encoded = payload.encoded()
    let again = try accepted("options that were read and written") { try DeploymentPayload(decoding: encoded) }
    try promise(again == payload, "options change when they are written and read")
  }

  private static let status = FuzzTarget(
    name: "status", form: .text,
    seeds: [
      #"{"appliedDeploymentID":"s-1:2","conditions":[{"type":"Ready","status":"True","lastUpdateTime":"2026-01-01T00:00:00Z"}],"#
        + #""ready":true,"nonModified":false,"release":"a/b:1","modifiedStatus":[{"kind":"S","apiVersion":"v1","name":"s","#
        + #""namespace":"n","patch":"{}","delete":true}],"nonReadyStatus":[{"uid":"1","kind":"D","apiVersion":"apps/v1","name":"d","#
        + #""summary":{"state":"x","error":true,"message":["m"]}}],"resources":[{"kind":"S","name":"s"}],"resourceCounts":{"ready":2}}"#
    ].map { Array($0.utf8) }, dictionary: ["null", "[]", "{}", "9223372036854775807", "-1", "1.5", "\"\"", "true", ","]
  ) { bytes in
    let status = try BundleDeploymentStatus(JSON.parse(bytes))
    let again = try accepted("a status that was read and written") { try BundleDeploymentStatus(status.value) }
    try promise(again.value == status.value, "a status changes when it is written and read")
    _ = status.state(desiredID: "a", stagedID: "b")
    _ = status.message(desiredID: status.appliedDeploymentID)
    // What the manager adds up of all agents.
    var counter = ClusterCounter()
    let report = DeploymentReport(
      registrationNamespace: "n", cluster: "c", bundleNamespace: "n", bundle: "b", repo: "r", state: .modified,
      message: "", modifiedStatus: status.modifiedStatus, nonReadyStatus: status.nonReadyStatus,
      resourceCounts: status.resourceCounts)
    counter.add(report)
    counter.add(report)
    counter.remove(report)
    counter.remove(report)
    try promise(counter.resourceCounts == ResourceCounts(), "what was added and taken away leaves something")
  }

  private static let archive: [UInt8] = {
    var writer = TarWriter()
    writer.add("c/Chart.yaml", Array("apiVersion: v2\nname: c\nversion: 1.0.0\n".utf8))
    writer.add("c/templates/a.yaml", Array("a: 1\n".utf8))
    writer.add("c/" + String(repeating: "d/", count: 60) + "e", [])
    return writer.finished()
  }()

  private static let names = [
    "../x", "/etc", "c/Chart.yaml", "c/./a", "C/CHART.YAML", "\\..\\x", "12 path=a\n", "9999999999 path=",
  ]

  private static let tar = FuzzTarget(name: "tar", form: .tar, seeds: [archive], dictionary: names) { bytes in
    for entry in try TarReader.files(of: bytes) {
      try promise(
        !entry.path.isEmpty && !entry.path.hasPrefix("/") && !entry.path.split(separator: "/").contains(".."),
        "the path \(entry.path) leaves the archive")
      try promise(entry.content.upperBound <= bytes.count, "\(entry.path) goes beyond the archive")
    }
  }

  private static let chart = FuzzTarget(
    name: "chart", form: .bytes, seeds: [archive].compactMap { try? Gzip.compress($0) }
  ) { bytes in
    _ = try ChartArchiveReader.chart(of: bytes)
  }
}
