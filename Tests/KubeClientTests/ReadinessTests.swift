import Document
import Testing

@testable import KubeClient

@Suite("Readiness") struct ReadinessTests {
  private static let now: Int64 = 1_700_000_000

  private struct Case {
    let name: String
    let object: String
    let expected: String
    var state: String?
  }

  private func check(_ cases: [Case]) throws {
    for test in cases {
      let object = try #require(try YAML.parse(test.object).first, "\(test.name)")
      let summary = Readiness.summary(of: object, now: Self.now)
      #expect(summary.description == test.expected, "\(test.name)")
      #expect(summary.isReady == !test.expected.contains("]"), "\(test.name)")
      if let state = test.state { #expect(summary.state == state, "\(test.name)") }
    }
  }

  @Test("a Deployment is ready when all its replicas are updated and available")
  func deployments() throws {
    func deployment(_ status: String, replicas: Int = 2) -> String {
      """
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, generation: 2},
       spec: {replicas: \(replicas), progressDeadlineSeconds: 600}, status: {observedGeneration: 2, \(status)}}
      """
    }
    let good =
      "conditions: [{type: Available, status: 'True'}, {type: Progressing, status: 'True', reason: NewReplicaSetAvailable}]"
    let unavailable =
      "conditions: [{type: Available, status: 'False', message: Deployment does not have minimum availability.}]"
    try check([
      .init(
        name: "ready",
        object: deployment("replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, \(good)"),
        expected: "active"),
      .init(
        name: "no status", object: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}",
        expected: "[progressing] Replicas: 0/1", state: "in-progress"),
      .init(
        name: "unavailable", object: deployment("replicas: 2, updatedReplicas: 2, \(unavailable)"),
        expected: "[progressing] Deployment does not have minimum availability., Available: 0/2", state: "updating"),
      .init(name: "too few", object: deployment("replicas: 1"), expected: "[progressing] Replicas: 1/2"),
      .init(
        name: "updating", object: deployment("replicas: 2, updatedReplicas: 1"), expected: "[progressing] Updated: 1/2"),
      .init(
        name: "too many", object: deployment("replicas: 3, updatedReplicas: 2, availableReplicas: 2"),
        expected: "[progressing] Pending termination: 1"),
      .init(
        name: "available", object: deployment("replicas: 2, updatedReplicas: 2, availableReplicas: 1"),
        expected: "[progressing] Available: 1/2"),
      .init(
        name: "ready count",
        object: deployment("replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 1"),
        expected: "[progressing] Ready: 1/2"),
      .init(
        name: "not progressed",
        object: deployment("replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2"),
        expected: "[progressing] ReplicaSet not Available"),
      .init(
        name: "deadline",
        object: deployment(
          "conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, message: timed out}]"),
        expected: "error] timed out, Progress deadline exceeded", state: "error"),
      .init(
        name: "quota",
        object: deployment(
          "replicas: 1, conditions: [{type: ReplicaFailure, status: 'True', message: exceeded quota}]"),
        expected: "[progressing,error] exceeded quota, Replicas: 1/2"),
      .init(
        name: "old generation",
        object: "{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 3}, status: {observedGeneration: 2}}",
        expected: "[progressing] Deployment generation is 3, but latest observed generation is 2"),
      .init(name: "scaled to none", object: deployment(good, replicas: 0), expected: "active"),
    ])
  }

  @Test("the other workloads are ready by their own counts")
  func workloads() throws {
    try check([
      .init(
        name: "sts",
        object:
          "{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 1}, status: {replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: a, updateRevision: a}}",
        expected: "active"),
      .init(
        name: "sts none", object: "{apiVersion: apps/v1, kind: StatefulSet}", expected: "[progressing] Replicas: 0/1"),
      .init(
        name: "sts revision",
        object:
          "{apiVersion: apps/v1, kind: StatefulSet, status: {replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: a, updateRevision: b}}",
        expected: "[progressing] Waiting for updated revision to match current"),
      .init(
        name: "sts partition",
        object:
          "{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 1}}}, status: {replicas: 3, readyReplicas: 3, updatedReplicas: 1}}",
        expected: "[progressing] updated: 1/2"),
      .init(
        name: "sts ondelete",
        object: "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {type: OnDelete}}}", expected: "active"
      ),
      .init(
        name: "ds",
        object:
          "{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}, status: {observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2, numberReady: 2}}",
        expected: "active"),
      .init(
        name: "ds unseen", object: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}}",
        expected: "[progressing] DaemonSet status.observedGeneration not found"),
      .init(
        name: "ds few",
        object:
          "{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}, status: {observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}}",
        expected: "[progressing] Available: 1/2"),
      .init(
        name: "rs",
        object:
          "{apiVersion: apps/v1, kind: ReplicaSet, status: {fullyLabeledReplicas: 1, availableReplicas: 1, readyReplicas: 1, replicas: 1}}",
        expected: "active"),
      .init(
        name: "rs failure",
        object:
          "{apiVersion: apps/v1, kind: ReplicaSet, status: {conditions: [{type: ReplicaFailure, status: 'True', message: quota}]}}",
        expected: "[progressing,error] quota, Replica Failure condition. Check Pods"),
      .init(
        name: "job",
        object:
          "{apiVersion: batch/v1, kind: Job, status: {startTime: x, succeeded: 1, conditions: [{type: Complete, status: 'True'}]}}",
        expected: "active"),
      .init(
        name: "job not started", object: "{apiVersion: batch/v1, kind: Job}", expected: "[progressing] Job not started"),
      .init(
        name: "job running", object: "{apiVersion: batch/v1, kind: Job, status: {startTime: x, active: 1}}",
        expected: "active"),
      .init(
        name: "job failed",
        object:
          "{apiVersion: batch/v1, kind: Job, status: {startTime: x, failed: 2, conditions: [{type: Failed, status: 'True', message: backoff limit}]}}",
        expected: "error] backoff limit, Job Failed. failed: 2/1"),
      .init(name: "cron", object: "{apiVersion: batch/v1, kind: CronJob}", expected: "active"),
    ])
  }

  @Test("pods, claims, services and definitions are ready as kstatus says")
  func others() throws {
    try check([
      .init(
        name: "pod",
        object: "{apiVersion: v1, kind: Pod, status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}}",
        expected: "running"),
      .init(name: "pod new", object: "{apiVersion: v1, kind: Pod}", expected: "[progressing] Pod phase not available"),
      .init(
        name: "pod pending", object: "{apiVersion: v1, kind: Pod, status: {phase: Pending}}",
        expected: "[progressing] Pod is in the Pending phase", state: "pending"),
      .init(
        name: "pod crash",
        object:
          "{apiVersion: v1, kind: Pod, status: {phase: Running, containerStatuses: [{name: c, state: {waiting: {reason: CrashLoopBackOff}}}]}}",
        expected: "error] Containers in CrashLoop state: c"),
      .init(
        name: "pod unschedulable",
        object:
          "{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: '2023-11-14T22:00:00Z'}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: no nodes}]}}",
        expected: "error] no nodes, Pod could not be scheduled", state: "scheduling"),
      .init(
        name: "pod just made",
        object:
          "{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: '2023-11-14T22:13:10Z'}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]}}",
        expected: "[progressing,error] Pod has not been scheduled"),
      .init(name: "pod done", object: "{apiVersion: v1, kind: Pod, status: {phase: Succeeded}}", expected: "succeeded"),
      .init(
        name: "pvc", object: "{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Bound}}", expected: "bound"),
      .init(
        name: "pvc pending", object: "{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Pending}}",
        expected: "[progressing] PVC is not Bound. phase: Pending"),
      .init(name: "service", object: "{apiVersion: v1, kind: Service, spec: {type: ClusterIP}}", expected: "active"),
      .init(
        name: "lb",
        object:
          "{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, clusterIP: 10.0.0.1}, status: {loadBalancer: {}}}",
        expected: "[progressing] Service is ready, Load balancer is being provisioned", state: "pending"),
      .init(
        name: "lb done",
        object:
          "{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, clusterIP: 10.0.0.1}, status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}}",
        expected: "active"),
      .init(
        name: "crd",
        object:
          "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}]}}",
        expected: "active"),
      .init(
        name: "crd new", object: "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition}",
        expected: "[progressing] Install in progress"),
      .init(
        name: "crd conflict",
        object:
          "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, status: {conditions: [{type: NamesAccepted, status: 'False', message: taken}]}}",
        expected: "error] taken"),
      .init(
        name: "pdb",
        object:
          "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {generation: 1}, status: {observedGeneration: 1}}",
        expected: "active"),
      .init(
        name: "namespace", object: "{apiVersion: v1, kind: Namespace, status: {phase: Active}}", expected: "active"),
      .init(name: "config map", object: "{apiVersion: v1, kind: ConfigMap, data: {a: b}}", expected: "active"),
      .init(
        name: "api service",
        object:
          "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, status: {conditions: [{type: Available, status: 'False', message: no endpoints}]}}",
        expected: "[progressing] no endpoints, Resource is current", state: "updating"),
      .init(
        name: "hpa",
        object:
          "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, status: {conditions: [{type: ScalingActive, status: 'False', message: no metrics}]}}",
        expected: "error] no metrics, Resource is current"),
    ])
  }

  @Test("any kind is judged by the usual conditions, its deletion and its own summary")
  func generic() throws {
    func custom(_ status: String, _ metadata: String = "") -> String {
      "{apiVersion: x.io/v1, kind: Foo, metadata: {\(metadata)}, status: {\(status)}}"
    }
    try check([
      .init(name: "nothing", object: "{apiVersion: x.io/v1, kind: Foo}", expected: "active"),
      .init(name: "ready", object: custom("conditions: [{type: Ready, status: 'True'}]"), expected: "active"),
      .init(
        name: "not ready", object: custom("conditions: [{type: Ready, status: 'False', message: wait}]"),
        expected: "[progressing] wait", state: "unavailable"),
      .init(
        name: "unknown", object: custom("conditions: [{type: Ready, status: Unknown, message: hm}]"),
        expected: "[progressing,error] hm", state: "unavailable"),
      .init(
        name: "reconciling", object: custom("conditions: [{type: Reconciling, status: 'True', message: busy}]"),
        expected: "[progressing] busy", state: "reconciling"),
      .init(
        name: "stalled", object: custom("conditions: [{type: Stalled, status: 'True', message: stuck}]"),
        expected: "error] stuck", state: "error"),
      .init(
        name: "failed", object: custom("conditions: [{type: Failed, status: 'True', message: bad}]"),
        expected: "error] bad, Resource is current", state: "error"),
      .init(
        name: "reason", object: custom("conditions: [{type: Whatever, status: 'True', reason: Error, message: oops}]"),
        expected: "error] oops, Resource is current"),
      .init(
        name: "deployed", object: custom("conditions: [{type: Deployed, status: 'False', message: refused}]"),
        expected: "error] refused, Resource is current", state: "deploying"),
      .init(
        name: "deploying", object: custom("conditions: [{type: Deployed, status: Unknown, message: soon}]"),
        expected: "[progressing] soon, Resource is current"),
      .init(
        name: "more than ready",
        object: custom(
          "conditions: [{type: Ready, status: 'False', message: later}, {type: InfrastructureReady, status: 'False', reason: Waiting, message: disks}]"
        ),
        expected: "[progressing] disks, later", state: "waiting"),
      .init(
        name: "repeated", object: custom("conditions: [{type: Ready, status: 'False', message: a;b;a;b}]"),
        expected: "[progressing] a;b;a;b, a;b"),
      .init(
        name: "own summary", object: custom("summary: {state: Odd, transitioning: true, message: m}"),
        expected: "[progressing] m, Resource is current", state: "odd"),
      .init(name: "phase", object: custom("phase: Weird"), expected: "weird"),
      .init(
        name: "going",
        object: custom(
          "phase: Active", "deletionTimestamp: '2023-11-14T22:13:00Z', finalizers: [controller.cattle.io/x]"),
        expected: "[progressing] waiting on x, Resource scheduled for deletion", state: "removing"),
      .init(
        name: "stuck going",
        object: custom("", "deletionTimestamp: '2023-11-14T22:00:00Z', finalizers: [foregroundDeletion]"),
        expected: "[progressing,error] waiting on object cleanup, Resource scheduled for deletion"),
      .init(
        name: "chart",
        object:
          "{apiVersion: helm.cattle.io/v1, kind: HelmChart, status: {conditions: [{type: Stalled, status: 'False'}, {type: JobCreated, status: 'False'}, {type: Failed, status: 'True', message: e}]}}",
        expected: "error] e, Resource is current"),
    ])
  }

  @Test("conditions can be ignored, and the error table extended")
  func configured() throws {
    let object: Value = [
      "apiVersion": "x.io/v1", "kind": "Foo",
      "status": [
        "conditions": [
          ["type": "Ready", "status": "False", "message": "m"], ["type": "Odd", "status": "True", "message": "o"],
        ]
      ],
    ]
    #expect(!Readiness.summary(of: object, now: 0).isReady)
    #expect(Readiness.summary(of: object, now: 0, ignoredConditions: [["type": "Ready", "status": "False"]]).isReady)
    #expect(
      !Readiness.summary(of: object, now: 0, ignoredConditions: [["type": "Ready", "status": "True"], [:]]).isReady)
    let rules = try ReadinessRules(
      extending: #"[{"gvk":"x.io/v1, Kind=Foo","conditionMappings":[{"type":"Odd","status":["True"]}]}]"#)
    #expect(Readiness.summary(of: object, now: 0, rules: rules).error)
    #expect(throws: KubeClientError.self) { try ReadinessRules(extending: "{}") }
  }

  @Test("times are read with their zone")
  func times() {
    #expect(Timestamp("1970-01-01T00:00:00Z")?.seconds == 0)
    #expect(Timestamp("2023-11-14T22:13:20Z")?.seconds == 1_700_000_000)
    #expect(Timestamp("2023-11-14T23:13:20.5+01:00")?.seconds == 1_700_000_000)
    #expect(Timestamp("2024-02-29T00:00:00Z")?.seconds == 1_709_164_800)
    #expect(Timestamp("2024-02-29")?.seconds == nil && Timestamp("")?.seconds == nil)
  }
}
