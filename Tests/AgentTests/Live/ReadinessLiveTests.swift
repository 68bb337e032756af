import Document
import Fleet
import Foundation
import KubeClient
import TestSupport
import Testing

@testable import Agent

@Suite("Readiness beside real controllers", ControlPlane(hasControllers: true), .timeLimit(.minutes(3)))
struct ReadinessLiveTests {
  private static func workload(_ apiVersion: String, _ kind: String, _ spec: String = "") -> String {
    """
    apiVersion: \(apiVersion)
    kind: \(kind)
    metadata: {name: web}
    spec:
      \(spec)
      selector: {matchLabels: {kind: \(kind)}}
      template: {metadata: {labels: {kind: \(kind)}}, spec: {containers: [{name: c, image: i}]}}
    """
  }

  private static func job(_ name: String, _ label: String) -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: \(name)}
    spec:
      backoffLimit: 0
      template: {metadata: {labels: {kind: \(label)}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}
    """
  }

  private let files = [
    "deployment.yaml": workload("apps/v1", "Deployment", "replicas: 2"),
    "statefulset.yaml": workload("apps/v1", "StatefulSet", "serviceName: web"),
    "daemonset.yaml": workload("apps/v1", "DaemonSet"),
    "job.yaml": job("work", "Job"), "broken.yaml": job("broken", "Broken"),
    "claim.yaml": """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: "", resources: {requests: {storage: 1Gi}}}
    """,
    "autoscaler.yaml": """
    apiVersion: autoscaling/v2beta2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}, minReplicas: 1, maxReplicas: 3}
    """,
    "definition.yaml": """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: things.ready.example.com}
    spec:
      group: ready.example.com
      names: {kind: Thing, plural: things}
      scope: Namespaced
      versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
    """,
  ]

  /// What a kubelet would do: pods run, and those of jobs end.
  private func play(_ client: KubeClient) async throws {
    let pods = try await client.resource(apiVersion: "v1", kind: "Pod")
    while !Task.isCancelled {
      for pod in try await client.listAll(pods, namespace: "ready").items where pod.at("status", "phase") == "Pending" {
        let kind = pod.at("metadata", "labels", "kind")?.string ?? ""
        let phase = ["Job": "Succeeded", "Broken": "Failed"][kind] ?? "Running"
        let ready: Value = ["type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"]
        _ = try await client.patch(
          pods, namespace: "ready", name: pod.at("metadata", "name")?.string ?? "",
          ["status": ["phase": .string(phase), "conditions": [ready]]], type: .merge, subresource: "status")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Waits until just these are told to be unready, by how they are told.
  private func wait(_ fixture: Fixture, _ expected: [String]) async throws {
    var told: [String] = []
    do {
      try await eventually("these are unready: \(expected)") {
        told = await fixture.manager.status("ready")?.nonReadyStatus.map(\.display).sorted() ?? []
        return told.count == expected.count && zip(told, expected).allSatisfy { $0.hasPrefix($1) }
      }
    } catch {
      throw TestFailure("\(error), but told are \(told)")
    }
  }

  @Test("Each kind is unready for its own reason, until a kubelet and a storage provider have done their part")
  func kinds() async throws {
    let fixture = try Fixture()
    try await fixture.plane.kubectl("apply", "-f", "-", input: "apiVersion: v1\nkind: Node\nmetadata: {name: node}\n")
    let id = try await fixture.manager.deploy(
      TestManager.Bundle(name: "ready", files: files, options: Fixture.options("ready")))
    let autoscaler = "horizontalpodautoscaler.autoscaling ready/web [error] the HPA controller was unable to get"
    try await fixture.run {
      try await wait(
        fixture,
        [
          "daemonset.apps ready/web [progressing] Available: 0/1",
          "deployment.apps ready/web [progressing] Deployment does not have minimum availability., Available: 0/2",
          autoscaler,
          "persistentvolumeclaim.v1 ready/data [progressing] PVC is not Bound. phase: Pending",
          "statefulset.apps ready/web [progressing] Ready: 0/1",
        ])
      let volume = """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: data}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          hostPath: {path: /nowhere}
          claimRef: {namespace: ready, name: data}
        """
      try await fixture.plane.kubectl("apply", "-f", "-", input: volume)
      // Else the controller looks at the claim only some seconds later.
      try await fixture.plane.kubectl("annotate", "-n", "ready", "pvc/data", "seen=1")
      try await fixture.withClient { client in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await play(client) }
          try await wait(
            fixture, [autoscaler, "job.batch ready/broken [error] Job has reached the specified backoff limit"])
          try await fixture.plane.kubectl(
            "wait", "-n", "ready", "--for=condition=Complete", "job/work", "--timeout=60s")
          group.cancelAll()
        }
      }
      #expect(await fixture.manager.state("ready", id) == .notReady)
      #expect(await fixture.modified("ready") == [])
      // Without the two that cannot be, the bundle is ready.
      var whole = TestManager.Bundle(name: "ready", files: files, options: Fixture.options("ready"))
      whole.files["broken.yaml"] = nil
      whole.files["autoscaler.yaml"] = nil
      let second = try await fixture.manager.deploy(whole)
      try await fixture.wait("ready", second, .ready)
    }
  }
}
