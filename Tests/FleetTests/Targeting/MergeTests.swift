import Document
import Testing

@testable import Fleet

/// Every row of the merge table (fleet-behaviour §3.4).
@Suite("Merging options")
struct MergeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let base: Value
    let custom: Value
    let merged: Value
    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(
      name: "defaultNamespace", base: ["defaultNamespace": "a"], custom: ["defaultNamespace": "b"],
      merged: ["defaultNamespace": "b"]),
    Row(name: "defaultNamespace kept", base: ["defaultNamespace": "a"], custom: [:], merged: ["defaultNamespace": "a"]),
    Row(name: "namespace kept", base: ["namespace": "a"], custom: [:], merged: ["namespace": "a"]),
    Row(name: "serviceAccount kept", base: ["serviceAccount": "a"], custom: [:], merged: ["serviceAccount": "a"]),
    Row(
      name: "defaultNamespace and serviceAccount: a dash is a name like any other",
      base: ["defaultNamespace": "a", "serviceAccount": "a"], custom: ["defaultNamespace": "-", "serviceAccount": "-"],
      merged: ["defaultNamespace": "-", "serviceAccount": "-"]),
    Row(name: "namespace", base: ["namespace": "a"], custom: ["namespace": "-"], merged: ["namespace": "-"]),
    Row(
      name: "serviceAccount", base: ["serviceAccount": "a"], custom: ["serviceAccount": "b"],
      merged: ["serviceAccount": "b"]),
    Row(
      name: "helm.repo, chart, version, releaseName",
      base: helm(["repo": "a", "chart": "a", "version": "1", "releaseName": "a"]),
      custom: helm(["chart": "b", "releaseName": "b"]),
      merged: helm(["repo": "a", "chart": "b", "version": "1", "releaseName": "b"])),
    Row(
      name: "helm.repo and version", base: helm(["repo": "a", "version": "1"]),
      custom: helm(["repo": "b", "version": "2"]), merged: helm(["repo": "b", "version": "2"])),
    Row(name: "helm where the base has none", base: [:], custom: helm(["chart": "b"]), merged: helm(["chart": "b"])),
    Row(
      name: "helm where the customisation has none", base: helm(["chart": "a"]), custom: [:],
      merged: helm(["chart": "a"])),
    Row(
      name: "helm.timeoutSeconds above 0", base: helm(["timeoutSeconds": 5]), custom: helm(["timeoutSeconds": 9]),
      merged: helm(["timeoutSeconds": 9])),
    Row(
      name: "helm.timeoutSeconds 0", base: helm(["timeoutSeconds": 5]), custom: helm(["timeoutSeconds": 0]),
      merged: helm(["timeoutSeconds": 5])),
    Row(
      name: "helm.timeoutSeconds below 0", base: helm(["timeoutSeconds": 5]), custom: helm(["timeoutSeconds": -1]),
      merged: helm([:])),
    Row(
      name: "helm.values", base: helm(["values": ["a": ["b": 1, "c": [1, 2]], "d": 1]]),
      custom: helm(["values": ["a": ["c": [3]], "e": 2]]),
      merged: helm(["values": ["a": ["b": 1, "c": [3]], "d": 1, "e": 2]])),
    Row(
      name: "helm.values where the base has none", base: helm(["chart": "c"]), custom: helm(["values": ["a": 1]]),
      merged: helm(["chart": "c", "values": ["a": 1]])),
    Row(
      name: "helm.values: other types and null replace", base: helm(["values": ["a": ["b": 1], "c": 1, "d": 1]]),
      custom: helm(["values": ["a": "text", "c": ["x": 1], "d": nil]]),
      merged: helm(["values": ["a": "text", "c": ["x": 1], "d": nil]])),
    Row(
      name: "helm.templateValues", base: helm(["templateValues": ["a": "1", "b": "1"]]),
      custom: helm(["templateValues": ["b": "2", "c": "2"]]),
      merged: helm(["templateValues": ["a": "1", "b": "2", "c": "2"]])),
    Row(
      name: "helm.valuesFrom",
      base: helm([
        "valuesFrom": [
          ["configMapKeyRef": ["name": "a", "namespace": "n", "key": "k"]], ["secretKeyRef": ["name": "a"]],
        ]
      ]),
      custom: helm(["valuesFrom": [["configMapKeyRef": ["name": "b"]], ["secretKeyRef": ["name": "a"]]]]),
      merged: helm([
        "valuesFrom": [
          ["configMapKeyRef": ["name": "a", "namespace": "n", "key": "k"]], ["secretKeyRef": ["name": "a"]],
          ["configMapKeyRef": ["name": "b"]],
        ]
      ])),
    Row(
      name: "helm.valuesFrom of the same kind, namespace, name and key is replaced in its place",
      base: helm([
        "valuesFrom": [["secretKeyRef": ["name": "a", "namespace": "n", "key": "k"]], ["secretKeyRef": ["name": "z"]]]
      ]),
      custom: helm([
        "valuesFrom": [
          ["secretKeyRef": ["name": "a", "namespace": "n", "key": "k"]],
          ["secretKeyRef": ["name": "a", "namespace": "m", "key": "k"]],
          ["configMapKeyRef": ["name": "a", "namespace": "n", "key": "k"]],
        ]
      ]),
      merged: helm([
        "valuesFrom": [
          ["secretKeyRef": ["name": "a", "namespace": "n", "key": "k"]], ["secretKeyRef": ["name": "z"]],
          ["secretKeyRef": ["name": "a", "namespace": "m", "key": "k"]],
          ["configMapKeyRef": ["name": "a", "namespace": "n", "key": "k"]],
        ]
      ])),
    Row(
      name: "helm.valuesFiles of the customisation stay behind: they are in its values",
      base: helm(["valuesFiles": ["a"]]),
      custom: helm(["valuesFiles": ["b"]]), merged: helm(["valuesFiles": ["a"]])),
    Row(
      name: "helm switches are ORed", base: helm(["force": true, "atomic": true, "takeOwnership": true]),
      custom: helm(["disablePreProcess": true, "waitForJobs": true, "disableDNS": true]),
      merged: helm([
        "force": true, "atomic": true, "takeOwnership": true, "disablePreProcess": true, "waitForJobs": true,
        "disableDNS": true,
      ])),
    Row(
      name: "helm.maxHistory, skipSchemaValidation, disableDependencyUpdate are not merged",
      base: helm(["maxHistory": 3]),
      custom: helm(["maxHistory": 9, "skipSchemaValidation": true, "disableDependencyUpdate": true]),
      merged: helm(["maxHistory": 3])),
    Row(
      name: "helm.skipSchemaValidation and disableDependencyUpdate of the base stay",
      base: helm(["skipSchemaValidation": true, "disableDependencyUpdate": true]),
      custom: helm(["chart": "c"]),
      merged: helm(["chart": "c", "skipSchemaValidation": true, "disableDependencyUpdate": true])),
    Row(
      name: "kustomize.dir", base: ["kustomize": ["dir": "a"]], custom: ["kustomize": ["dir": "b"]],
      merged: ["kustomize": ["dir": "b"]]),
    Row(
      name: "kustomize.dir kept", base: ["kustomize": ["dir": "a"]], custom: ["kustomize": [:]],
      merged: ["kustomize": ["dir": "a"]]),
    Row(
      name: "kustomize.dir where the base has none", base: [:], custom: ["kustomize": ["dir": "b"]],
      merged: ["kustomize": ["dir": "b"]]),
    Row(name: "createNamespace", base: [:], custom: ["createNamespace": false], merged: ["createNamespace": false]),
    Row(
      name: "yaml.overlays", base: ["yaml": ["overlays": ["a"]]], custom: ["yaml": ["overlays": ["b", "a"]]],
      merged: ["yaml": ["overlays": ["a", "b", "a"]]]),
    Row(
      name: "diff.comparePatches", base: diff(patch("ConfigMap", "/a"), patch("Secret", "/a")),
      custom: diff(patch("Secret", "/b"), patch("Service", "/b")),
      merged: diff(patch("ConfigMap", "/a"), patch("Secret", "/b"), patch("Service", "/b"))),
    Row(
      name: "downstreamResources", base: ["downstreamResources": [["kind": "Secret", "name": "a"]]],
      custom: ["downstreamResources": [["kind": "secret", "name": "a"], ["kind": "ConfigMap", "name": "a"]]],
      merged: ["downstreamResources": [["kind": "secret", "name": "a"], ["kind": "ConfigMap", "name": "a"]]]),
    Row(
      name: "forceSyncGeneration", base: ["forceSyncGeneration": 5], custom: ["forceSyncGeneration": 2],
      merged: ["forceSyncGeneration": 2]),
    Row(
      name: "forceSyncGeneration 0", base: ["forceSyncGeneration": 5], custom: ["forceSyncGeneration": 0],
      merged: ["forceSyncGeneration": 5]),
    Row(
      name: "forceSyncGeneration kept", base: ["forceSyncGeneration": 5], custom: [:],
      merged: ["forceSyncGeneration": 5]),
    Row(
      name: "keepResources", base: ["keepResources": true], custom: ["keepResources": false],
      merged: ["keepResources": true]),
    Row(
      name: "correctDrift", base: ["correctDrift": ["enabled": true, "force": true]],
      custom: ["correctDrift": ["enabled": true]], merged: ["correctDrift": ["enabled": true]]),
    Row(
      name: "keepResources of the customisation", base: [:], custom: ["keepResources": true],
      merged: ["keepResources": true]),
    Row(
      name: "correctDrift kept", base: ["correctDrift": ["enabled": true]], custom: [:],
      merged: ["correctDrift": ["enabled": true]]),
    Row(
      name: "deleteNamespace, ignore, deleteCRDResources of the base stay",
      base: ["deleteNamespace": true, "ignore": ["conditions": [["type": "A"]]], "deleteCRDResources": true],
      custom: ["ignore": ["conditions": [["type": "B"]]]],
      merged: ["deleteNamespace": true, "ignore": ["conditions": [["type": "A"]]], "deleteCRDResources": true]),
    Row(
      name: "deleteNamespace, ignore, deleteCRDResources are not merged", base: [:],
      custom: ["deleteNamespace": true, "ignore": ["conditions": [["type": "A"]]], "deleteCRDResources": true],
      merged: [:]),
    Row(
      name: "namespaceLabels and annotations", base: ["namespaceLabels": ["a": "1", "b": "1"]],
      custom: ["namespaceLabels": ["b": "2"], "namespaceAnnotations": ["c": "3"]],
      merged: ["namespaceLabels": ["a": "1", "b": "2"], "namespaceAnnotations": ["c": "3"]]),
  ]

  private static func helm(_ value: Value) -> Value { ["helm": value] }
  private static func diff(_ patches: Value...) -> Value { ["diff": ["comparePatches": .array(patches)]] }
  private static func patch(_ kind: String, _ pointer: String) -> Value {
    ["apiVersion": "v1", "kind": .string(kind), "jsonPointers": [.string(pointer)]]
  }

  @Test("merges as the table says", arguments: rows)
  func merge(row: Row) throws {
    let merged = try BundleDeploymentOptions(row.base).merging(BundleDeploymentOptions(row.custom))
    #expect(merged.value == row.merged)
  }

  @Test("namespaceLabels come from the bundle and from what matches, not from entries for other clusters")
  func namespaceLabels() throws {
    let targeting = Targeting(
      try BundleSpec([
        "namespaceLabels": ["root": "1"],
        "targets": [
          ["clusterName": "a", "namespaceLabels": ["own": "a"]], ["clusterName": "b", "namespaceLabels": ["own": "b"]],
          ["clusterSelector": [:]],
        ], "targetRestrictions": [["clusterSelector": [:]]],
      ]))
    for (name, labels) in [("a", ["root": "1", "own": "a"]), ("b", ["root": "1", "own": "b"]), ("c", ["root": "1"])] {
      let match = try #require(targeting.decide(TargetCluster(name: name, namespace: "n"), groups: []).match)
      #expect(targeting.options(for: match).namespaceLabels == labels)
    }
  }
}
