import Document
import Fleet
import Foundation
import HelmEngine
import Logging
import TestSupport
import Testing

@testable import Manager

@Suite("Installing on a real API server", .controlPlane, .timeLimit(.minutes(5)))
struct AgentInstallerLiveTests {
  private func request(_ kubeconfig: String, _ spec: ClusterSpec = ClusterSpec()) throws -> ImportRequest {
    let values = AgentChartValues(spec, image: AgentImage("registry.example.com/flotilla:7"))
    let registration = try RegistrationValues(
      parsing: Array(OwnCharts.registration.utf8), file: "values.yaml")
    let record = ImportRecord(
      clusterUID: "u", generation: 0, options: values.digest, endpoints: ["tcp://m:1"], installed: "")
    return ImportRequest(
      kubeconfig: kubeconfig, secret: "fleet-default/edge", values: values,
      chartValues: values.joining(registration, clientID: "id", endpoints: ["tcp://m:1"]), record: record)
  }

  private func install(_ request: ImportRequest) async throws {
    try await AgentInstaller(logger: Logger(label: "test")).install(request)
  }

  private func admin() throws -> String {
    try String(contentsOfFile: try ControlPlane.ofSuite().kubeconfig, encoding: .utf8)
  }

  @Test("the agent is installed with the options of its Cluster, and upgraded to others")
  func agent() async throws {
    let plane = try ControlPlane.ofSuite()
    var spec = ClusterSpec()
    spec.agentNamespace = "agents"
    spec.other = try ClusterSpec([
      "agentTolerations": [["key": "edge", "operator": "Exists"]], "agentResources": ["limits": ["memory": "1Gi"]],
      "agentSchedulingCustomization": [
        "priorityClass": ["value": 7], "podDisruptionBudget": ["maxUnavailable": "1"],
      ],
    ]).other
    try await install(try request(try admin(), spec))
    func get(_ kind: String, _ name: String) async throws -> Value {
      try JSON.parse(Array(try await plane.kubectl("get", kind, name, "-n", "agents", "-o", "json").utf8))
    }
    let pod = try #require(try await get("statefulset", "flotilla-agent").at("spec", "template", "spec"))
    #expect(pod["tolerations"]?.array?.contains { $0["key"] == "edge" } == true)
    #expect(pod["containers"]?.array?.first?["image"] == "registry.example.com/flotilla:7")
    #expect(pod["priorityClassName"] == "agents-flotilla-agent")
    #expect(try await get("poddisruptionbudget", "flotilla-agent").at("spec", "maxUnavailable") == 1)
    #expect(try await get("priorityclass", "agents-flotilla-agent")["value"] == 7)
    // The agent keeps its key in its Secret; an upgrade leaves it there.
    try await plane.kubectl(
      "patch", "secret", "-n", "agents", "flotilla-agent-identity", "--type", "merge", "-p",
      #"{"data":{"agent.key":"eA=="}}"#)
    spec.other["hostNetwork"] = true
    spec.other["agentTolerations"] = nil
    try await install(try request(try admin(), spec))
    let later = try #require(try await get("statefulset", "flotilla-agent").at("spec", "template", "spec"))
    #expect(later["hostNetwork"] == true)
    #expect(later["tolerations"]?.array?.contains { $0["key"] == "edge" } == false)
    #expect(try await get("secret", "flotilla-agent-identity").at("data", "agent.key") == "eA==")
  }

  @Test("the manager's chart is taken by the API server as it is")
  func manager() async throws {
    let plane = try ControlPlane.ofSuite()
    let engine = HelmEngine(connection: ClusterConnection(.file(plane.kubeconfig)))
    let release = ReleaseIdentity(name: "fleet", namespace: "manager")
    let values = try YAML.parse(
      """
      service: {bus: {type: LoadBalancer, port: 5700}, api: {type: NodePort}}
      busPublicEndpoint: tcp://fleet.example.com:5700
      podDisruptionBudget: {minAvailable: 1}
      localCluster: {kubeconfigSecret: {name: local}}
      """)[0]
    let installed = try await engine.install(release, chart: try OwnCharts.load("flotilla-manager"), values: values)
    #expect(installed.notes.contains("exec fleet-flotilla-manager-0 -- cat /var/lib/flotilla/data/admin.kubeconfig"))
    let names = try await plane.kubectl(
      "get", "statefulset,service,serviceaccount,pdb", "-n", "manager", "-l", "app.kubernetes.io/instance=fleet", "-o",
      "name")
    #expect(
      Set(names.split(separator: "\n")) == [
        "statefulset.apps/fleet-flotilla-manager", "service/fleet-flotilla-manager-api",
        "service/fleet-flotilla-manager-bus", "serviceaccount/fleet-flotilla-manager",
        "poddisruptionbudget.policy/fleet-flotilla-manager",
      ])
  }

  @Test("what keeps it from installing is said before anything is touched, and no secret with it")
  func failures() async throws {
    let plane = try ControlPlane.ofSuite()
    let admin = try admin()
    let port = try plane.port()
    let token = try #require(admin.split(separator: "\n").first { $0.contains("token: ") }?.split(separator: " ").last)
    let poor = try await plane.kubeconfig(serviceAccount: "poor", namespace: "default")
    let line = try #require(admin.split(separator: "\n").first { $0.contains("certificate-authority-data") })
    let other = try await withTemporaryDirectory("authority") { directory in
      Base64.encode(Array(try await TestAuthority.make(in: directory).certificate.utf8))
    }
    let cases: [(reason: String, says: [String], kubeconfig: String)] = [
      ("Unreachable", ["127.0.0.1:1"], admin.replacing(":\(port)", with: ":1")),
      (
        "CertificateInvalid", ["certificate-authority-data"],
        admin.replacing(line, with: "    certificate-authority-data: \(other)")
      ),
      ("Unauthorized", ["renew"], admin.replacing(token, with: "not-a-token")),
      ("Forbidden", ["cluster-admin"], poor),
      ("KubeConfigInvalid", ["current-context"], "apiVersion: v1"),
      ("KubeConfigInvalid", ["fleet-default/edge"], "{a: ["),
      (
        "KubeConfigInvalid", ["tokenFile", "--flatten"],
        admin.replacing("token: \(token)", with: "tokenFile: /etc/shadow")
      ),
      (
        "KubeConfigInvalid", ["exec"],
        admin.replacing("token: \(token)", with: "exec: {command: /bin/sh}")
      ),
    ]
    for (reason, says, kubeconfig) in cases {
      let failure = await #expect(throws: ImportFailure.self, "\(reason)") {
        try await install(try request(kubeconfig))
      }
      #expect(failure?.reason == reason, "\(failure?.message ?? "")")
      for text in says { #expect(failure?.message.contains(text) == true, "\(failure?.message ?? "")") }
      #expect(failure?.message.contains(token) == false)
    }
    var spec = ClusterSpec()
    spec.other["agentTolerations"] = [["effect": "Sometimes"]]
    let failure = await #expect(throws: ImportFailure.self) { try await install(try request(admin, spec)) }
    #expect(failure?.reason == "OptionsInvalid")
    #expect(failure?.message.contains("effect") == true, "\(failure?.message ?? "")")
    #expect(try await plane.kubectl("get", "statefulsets", "-n", "cattle-fleet-system").isEmpty)
  }
}
