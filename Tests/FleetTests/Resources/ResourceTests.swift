import Document
import Testing

@testable import Fleet

@Suite("Typed resources")
struct ResourceTests {
  @Test("a GitRepo of the classic first steps is read and written back without loss")
  func gitRepo() throws {
    let text = """
      apiVersion: fleet.cattle.io/v1alpha1
      kind: GitRepo
      metadata: {name: simple-namespace, namespace: fleet-local}
      spec:
        repo: https://github.com/rancher/fleet-test-data
        branch: main
        paths: [namespace]
        pollingInterval: 1h30m0s
        targets: [{name: dev, clusterSelector: {matchLabels: {env: dev}}}]
      """
    let object = try #require(try YAML.parse(text).first)
    let repo = try GitRepo(object)
    #expect(repo.spec.paths == ["namespace"])
    #expect(repo.spec.effectivePollingInterval == .seconds(5400))
    #expect(repo.spec.targets.first?.criteria.clusterSelector?.matches(["env": "dev"]) == true)
    #expect(repo.value == object)
  }

  @Test("null stands for absent everywhere")
  func nulls() throws {
    let repo = try GitRepo([
      "metadata": ["name": "a", "labels": nil], "spec": ["repo": "r", "paths": nil, "targets": nil],
    ])
    #expect(repo.spec.paths.isEmpty && repo.spec.targets.isEmpty)
    let bundle = try Bundle([
      "metadata": ["name": "a"], "spec": ["helm": nil, "targets": [nil, ["clusterSelector": nil]], "dependsOn": nil],
    ])
    #expect(bundle.spec.targets.count == 2 && bundle.spec.targets.allSatisfy(\.criteria.isEmpty))
    let cluster = try Cluster(["metadata": ["name": "a"], "spec": nil, "status": nil])
    #expect(cluster.clusterNamespace == nil)
  }

  @Test("a wrong type is an error that names the path and what stands there")
  func wrongTypes() {
    #expect { try Bundle(["spec": ["targets": [["helm": ["version": 1.5]]]]]) } throws: { error in
      "\(error)" == "spec.targets[0].helm.version: must be a string, but is the number 1.5; write it in quotes"
    }
    #expect { try GitRepo(["spec": ["paths": "a"]]) } throws: { error in
      "\(error)" == "spec.paths: must be a list, but is the string \"a\""
    }
    #expect { try Bundle(["kind": "GitRepo"]) } throws: { "\($0)".contains("expected a Bundle, but this is a GitRepo") }
    #expect { try Cluster(["metadata": ["labels": ["a": 1]]]) } throws: {
      "\($0)".hasPrefix("metadata.labels.a: must be a string")
    }
  }

  @Test("a bundle with every option is read and written back without loss")
  func bundleRoundTrip() throws {
    let object: Value = [
      "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
      "metadata": ["name": "app", "namespace": "fleet-default"],
      "spec": [
        "defaultNamespace": "web", "namespace": "forced", "kustomize": ["dir": "k"], "serviceAccount": "sa",
        "createNamespace": false, "forceSyncGeneration": 3, "yaml": ["overlays": ["dev"]],
        "diff": [
          "comparePatches": [
            [
              "apiVersion": "apps/v1", "kind": "Deployment", "name": "n", "namespace": "m",
              "jsonPointers": ["/spec/replicas"],
              "operations": [["op": "remove", "path": "/spec"]],
            ]
          ]
        ], "keepResources": true, "deleteNamespace": true,
        "ignore": ["conditions": [["type": "Active", "status": "False"]]],
        "correctDrift": ["enabled": true, "force": true, "keepFailHistory": true], "namespaceLabels": ["a": "b"],
        "namespaceAnnotations": [:], "deleteCRDResources": true,
        "downstreamResources": [["kind": "Secret", "name": "s"]],
        "overwrites": [["kind": "ConfigMap", "name": "c", "namespace": "d"]],
        "allowedTargetNamespaceSelector": ["matchLabels": ["x": "y"]],
        "helm": [
          "chart": "c", "repo": "r", "version": "1", "releaseName": "rel", "timeoutSeconds": 5,
          "values": ["a": [1, 2]],
          "templateValues": ["k": "v"],
          "valuesFrom": [
            ["configMapKeyRef": ["name": "cm", "namespace": "ns", "key": "k"]], ["secretKeyRef": ["name": "s"]],
          ],
          "valuesFiles": ["v.yaml"], "force": true, "takeOwnership": true, "maxHistory": 4, "waitForJobs": true,
          "atomic": true,
          "disablePreProcess": true, "disableDNS": true, "skipSchemaValidation": true, "disableDependencyUpdate": true,
        ], "paused": true,
        "rolloutStrategy": [
          "maxUnavailable": "10%", "maxUnavailablePartitions": 1, "autoPartitionSize": 5, "autoPartitionThreshold": 7,
          "maxNew": 9,
          "partitions": [["name": "p", "maxUnavailable": 1, "clusterGroup": "g"]],
        ],
        "resources": [["name": "a.yaml", "content": "x"], ["name": "b", "content": "eA==", "encoding": "base64+gz"]],
        "targetCustomizationMode": "AllMatches",
        "targets": [["name": "t", "clusterName": "c", "doNotDeploy": true, "defaultNamespace": "other"]],
        "targetRestrictions": [["name": "t", "clusterGroupSelector": ["matchLabels": ["a": "b"]]]],
        "dependsOn": [["name": "d", "acceptedStates": ["Ready", "Modified"]]], "contentsId": "id", "valuesHash": "h",
        "helmOpOptions": ["helmOpSecretName": "s"],
      ],
    ]
    #expect(try Bundle(object).value == object)
  }

  @Test("dependsOn needs a name or a selector, and states that exist")
  func dependencies() throws {
    #expect { try Bundle(["spec": ["dependsOn": [["name": "a"], [:]]]]) } throws: { error in
      "\(error)" == "spec.dependsOn[1]: needs a name or a selector of the bundles it waits for"
    }
    #expect { try Bundle(["spec": ["dependsOn": [["name": "a", "acceptedStates": ["Fine"]]]]]) } throws: { error in
      "\(error)".contains("Ready, NotReady, Pending, OutOfSync, Modified, WaitApplied, ErrApplied")
    }
    let dependency = try DependsOn(["name": "a"])
    #expect(dependency.accepts(.ready) && !dependency.accepts(.modified))
    #expect(try DependsOn(["name": "a", "acceptedStates": ["Modified"]]).accepts(.modified))
  }

  @Test("a token's expiry is counted from its creation")
  func tokenExpiry() throws {
    var token = try ClusterRegistrationToken(["metadata": ["name": "new-token"], "spec": ["ttl": "240h"]])
    #expect(token.expires == nil)
    token.metadata.creationTimestamp = Timestamp("2026-01-01T00:00:00Z")
    #expect(token.expires?.description == "2026-01-11T00:00:00Z")
    #expect(try ClusterRegistrationToken(["spec": ["ttl": "0"]]).spec.ttl == nil)
  }

  @Test("conditions move their times only when they say something new")
  func conditions() throws {
    let first = try #require(Timestamp("2026-01-01T00:00:00Z"))
    let second = first.advanced(by: .seconds(60))
    var conditions = Conditions()
    let isNew = conditions.set("Ready", false, message: "a", at: first)
    let before = conditions
    let isRepeated = conditions.set("Ready", false, message: "a", at: second)
    #expect(isNew && !isRepeated && conditions == before)
    conditions.set("Ready", false, message: "b", at: second)
    #expect(conditions["Ready"]?.lastUpdateTime == second.description)
    #expect(conditions["Ready"]?.lastTransitionTime == first.description)
    conditions.set("Ready", true, at: second)
    #expect(conditions["Ready"]?.lastTransitionTime == second.description)
    #expect(Conditions(conditions.value) == conditions)
    #expect(Conditions(["nonsense", ["type": ""], ["type": "A"]]).all.map(\.type) == ["A"])
  }
}
