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
      name: "kustomize.dir", base: ["kustomize": ["dir": "a"]], custom: ["kustomize": ["dir": "b"]],
      merged: ["kustomize": ["dir": "b"]]),
    Row(
      name: "kustomize.dir kept", base: ["kustomize": ["dir": "a"]], custom: ["kustomize": [:]],
      merged: ["kustomize": ["dir": "a"]]),
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
      name: "forceSyncGeneration kept", base: ["forceSyncGeneration": 5], custom: [:],
      merged: ["forceSyncGeneration": 5]),
    Row(
      name: "keepResources", base: ["keepResources": true], custom: ["keepResources": false],
      merged: ["keepResources": true]),
    Row(
      name: "correctDrift", base: ["correctDrift": ["enabled": true, "force": true]],
      custom: ["correctDrift": ["enabled": true]], merged: ["correctDrift": ["enabled": true]]),
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
}
