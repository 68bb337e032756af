import Document
import Fleet
import Foundation
import HelmEngine
import TestSupport
import Testing

@testable import Manager

@Suite("The charts that Flotilla is installed with")
struct OwnChartsTests {
  private static let manyOptions = """
    image: {registry: registry.example.com/mirror, tag: 1.2.3}
    imagePullSecrets: [{name: pull}]
    nodeSelector: {pool: edge}
    tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]
    affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
    resources: {limits: {memory: 1Gi, cpu: 1}}
    podDisruptionBudget: {minAvailable: "50%"}
    extraEnv: [{name: HTTPS_PROXY, value: "http://proxy:3128"}]
    podLabels: {team: platform}
    log: {level: debug, format: json}

    """

  private func pod(_ objects: [String: [Value]]) throws -> Value {
    try #require(objects["StatefulSet"]?.first?.at("spec", "template", "spec"))
  }

  private func container(_ objects: [String: [Value]]) throws -> Value {
    try #require(try pod(objects)["containers"]?.array?.first)
  }

  @Test("`helm lint --strict` finds nothing", arguments: ["flotilla-agent", "flotilla-manager"])
  func lint(_ name: String) async throws {
    // The library's own linter, which the engine has no use for.
    let program = """
      import ctypes, json, sys
      library = ctypes.CDLL(sys.argv[1])
      out, error = ctypes.c_char_p(), ctypes.c_char_p()
      values = json.dumps({"token": sys.argv[3], "managerEndpoints": ["tcp://m:1"]} if sys.argv[3] else {})
      code = library.helm_lint_run_opts(sys.argv[2].encode(), values.encode(), b'{"strict": true}',
        ctypes.byref(out), ctypes.byref(error))
      print((out if code == 0 else error).value.decode())
      sys.exit(code != 0)
      """
    let library = try HelmLibrary.load().path
    let token = name == "flotilla-agent" ? "flotilla1.a.b.c" : ""
    let text = try await Command(["python3", "-c", program, library, "\(OwnChartFiles.directory)/\(name)", token])
      .checked()
    let report = try JSON.parse(Array(text.utf8))
    // 1 is a recommendation: that of an icon.
    let findings = (report["messages"]?.array ?? []).filter { ($0["severity"]?.int ?? 9) > 1 }
    #expect(report["total_charts_linted"]?.int == 1)
    #expect(findings.isEmpty, "\(text)")
  }

  @Test("the agent's chart in the executable is the one in charts/")
  func embedded() throws {
    func texts(_ chart: Chart) -> [String: String] {
      Dictionary(uniqueKeysWithValues: chart.files.map { ($0.path, String(decoding: $0.contents, as: UTF8.self)) })
    }
    #expect(
      texts(AgentChart.chart) == texts(try OwnCharts.load("flotilla-agent")), "name every file in AgentChart.swift")
  }

  @Test("a token's values install the agent as they are, and reach it with the user's own and nothing else")
  func agentValues() async throws {
    let user = OwnCharts.registration + "labels: {env: dev}\nclientID: here\n"
    let objects = try await OwnCharts.render("flotilla-agent", values: user)
    let secret = try #require(objects["Secret"]?.first)
    let text = try #require(secret.at("data", "values.yaml")?.string.flatMap { Base64.decode($0) })
    // The agent refuses keys that it does not know.
    let values = try RegistrationValues(parsing: text, file: "values.yaml")
    #expect(values.clientID == "here")
    #expect(values.labels == ["env": "dev"])
    #expect(values.token.id == "some-id")
    #expect(values.agentNamespace == "cattle-fleet-system")
    let rules = try #require(objects["ClusterRole"]?.first?["rules"]?.array)
    #expect(rules.first?["resources"] == ["*"])
    #expect(objects["PodDisruptionBudget"] == nil && objects["PriorityClass"] == nil && objects["Role"] == nil)
    let container = try container(objects)
    #expect(container["image"]?.string == "flotilla/flotilla:0.1.0")
    for path in ["livenessProbe", "readinessProbe"] { #expect(container.at(path, "httpGet", "port") == "health") }
    // Neither a second replica nor a pod beside an old one, and no privileges.
    #expect(objects["StatefulSet"]?.first?.at("spec", "replicas") == 1)
    #expect(container.at("securityContext", "readOnlyRootFilesystem") == true)
    #expect(container.at("securityContext", "allowPrivilegeEscalation") == false)
    #expect(try pod(objects).at("securityContext", "runAsNonRoot") == true)
    #expect(try pod(objects).at("securityContext", "seccompProfile", "type") == "RuntimeDefault")
    // Once it has joined, the token may be left out.
    let later = "managerEndpoints: [tcp://elsewhere:5671]\n"
    #expect(try await OwnCharts.render("flotilla-agent", values: later, isUpgrade: true)["Secret"]?.count == 2)
  }

  @Test("whatever a token's Secret may hold is taken, and handed on")
  func everyKey() async throws {
    var registration = try RegistrationValues(parsing: Array(OwnCharts.registration.utf8), file: "values")
    registration.labels = ["a": "b"]
    registration.clientID = "here"
    registration.nextManagerPublicKey = String(repeating: "A", count: 43)
    registration.agentNamespace = "agents"
    let given = try #require(try YAML.parse(registration.yaml).first?.object)
    let objects = try await OwnCharts.render("flotilla-agent", values: registration.yaml, namespace: "agents")
    let text = try #require(objects["Secret"]?.first?.at("data", "values.yaml")?.string.flatMap { Base64.decode($0) })
    #expect(try YAML.parse(text, file: "values").first?.object == given)
  }

  @Test("every option of the agent reaches its pod")
  func agentOptions() async throws {
    let options = """
      hostNetwork: true
      priorityClass: {value: 1000, preemptionPolicy: Never}
      persistence: {enabled: true, storageClassName: fast, size: 2Gi}
      identity: {secret: false, keyMaxAge: 720h}
      rbac: {least: true, extraRules: [{apiGroups: [example.com], resources: [widgets], verbs: [get, list, watch]}]}

      """
    let objects = try await OwnCharts.render(
      "flotilla-agent", values: OwnCharts.registration + Self.manyOptions + options, namespace: "cattle-fleet-system",
      apiVersions: ["policy/v1/PodDisruptionBudget"])
    let pod = try pod(objects)
    let container = try container(objects)
    #expect(container["image"]?.string == "registry.example.com/mirror/flotilla/flotilla:1.2.3")
    #expect(pod["imagePullSecrets"] == [["name": "pull"]])
    #expect(pod["nodeSelector"] == ["pool": "edge", "kubernetes.io/os": "linux"])
    #expect(pod["tolerations"]?.array?.last?["key"] == "dedicated")
    #expect(pod["affinity"]?.object?.keys.first == "nodeAffinity")
    #expect(container.at("resources", "limits", "memory") == "1Gi")
    #expect(pod["hostNetwork"] == true && pod["dnsPolicy"] == "ClusterFirstWithHostNet")
    let priority = try #require(objects["PriorityClass"]?.first)
    #expect(priority["value"] == 1000 && priority["preemptionPolicy"] == "Never")
    #expect(pod["priorityClassName"] == priority.at("metadata", "name"))
    let budget = try #require(objects["PodDisruptionBudget"]?.first)
    #expect(budget["apiVersion"] == "policy/v1" && budget.at("spec", "minAvailable") == "50%")
    #expect(container["env"]?.array?.last?["name"] == "HTTPS_PROXY")
    #expect(container["args"]?.array?.contains("--log-format=json") == true)
    #expect(container["args"]?.array?.contains { $0.string?.contains("identity") == true } == false)
    #expect(container["args"]?.array?.contains("--key-max-age=720h") == true)
    let claim = try #require(objects["StatefulSet"]?.first?.at("spec", "volumeClaimTemplates")?.array?.first)
    #expect(claim.at("spec", "resources", "requests", "storage") == "2Gi")
    #expect(claim.at("spec", "storageClassName") == "fast")
    #expect(objects["Secret"]?.count == 1)
  }

  @Test("the least rights of the agent's chart are those of examples/agent-rights")
  func leastRights() async throws {
    let objects = try await OwnCharts.render(
      "flotilla-agent", values: OwnCharts.registration + "rbac: {least: true}\nidentity: {secret: false}\n")
    let file = String(OwnChartFiles.directory.dropLast("charts".count)) + "examples/agent-rights/agent.yaml"
    let examples = try YAML.parse(String(contentsOfFile: file, encoding: .utf8))
    for kind in ["ClusterRole", "Role"] {
      let example = try #require(examples.first { $0["kind"]?.string == kind }?["rules"])
      #expect(objects[kind]?.first?["rules"] == example, "\(kind)")
    }
  }

  @Test("the manager's chart runs one manager on a volume, and tells agents where it is")
  func manager() async throws {
    let plain = try await OwnCharts.render("flotilla-manager", values: "", namespace: "fleet")
    #expect(plain["Service"]?.map { $0.at("spec", "type") } == ["ClusterIP", "ClusterIP"])
    let arguments = try container(plain)["args"]?.array?.compactMap(\.string) ?? []
    #expect(arguments.contains("--bus-public-endpoint=tcp://flotilla-manager-bus.fleet.svc:5671"))
    #expect(arguments.contains("--api-name=flotilla-manager-api.fleet.svc"))
    #expect(arguments.contains("--agent-image=flotilla/flotilla:0.1.0"))
    #expect(plain["ServiceMonitor"] == nil && plain["ClusterRole"] == nil)
    #expect(plain["StatefulSet"]?.first?.at("spec", "volumeClaimTemplates")?.array?.count == 1)

    let options = """
      service: {bus: {type: LoadBalancer, port: 5700, annotations: {a: b}}, api: {type: NodePort, nodePort: 30443}}
      busPublicEndpoint: tcp://fleet.example.com:5700
      apiNames: [fleet.example.com]
      heartbeatSeconds: 30
      agentImage: other/agent:9
      localCluster: {kubeconfigSecret: {name: local}}
      serviceMonitor: {enabled: true, labels: {release: prometheus}}

      """
    let full = try await OwnCharts.render("flotilla-manager", values: Self.manyOptions + options, namespace: "fleet")
    let services = Dictionary(
      uniqueKeysWithValues: try (full["Service"] ?? []).map {
        (try #require($0.at("metadata", "name")?.string), $0)
      })
    #expect(services["flotilla-manager-bus"]?.at("spec", "type") == "LoadBalancer")
    #expect(services["flotilla-manager-bus"]?.at("spec", "ports")?.array?.first?["port"] == 5700)
    #expect(services["flotilla-manager-api"]?.at("spec", "ports")?.array?.first?["nodePort"] == 30443)
    let given = try container(full)["args"]?.array?.compactMap(\.string) ?? []
    for argument in [
      "--bus-public-endpoint=tcp://fleet.example.com:5700", "--api-name=fleet.example.com", "--heartbeat-seconds=30",
      "--agent-image=other/agent:9", "--local-kubeconfig=/etc/flotilla/local/value", "--log-level=debug",
    ] { #expect(given.contains(argument), "\(argument)") }
    #expect(full["ServiceMonitor"]?.first?.at("metadata", "labels", "release") == "prometheus")
    #expect(try pod(full)["automountServiceAccountToken"] == false)
  }

  @Test(
    "values that no installation can work with are refused, and the message names them",
    arguments: [
      ("flotilla-agent", "tolerationz: []", "tolerationz"),
      ("flotilla-agent", "managerEndpoints: [manager.example.com]", "managerEndpoints"),
      ("flotilla-agent", "token: hello", "token"),
      ("flotilla-agent", "labels: {gpu: true}", "labels"),
      ("flotilla-agent", "podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}", "podDisruptionBudget"),
      ("flotilla-agent", "agentNamespace: elsewhere", "--namespace elsewhere"),
      ("flotilla-agent", "token: \"\"", "token is missing"),
      ("flotilla-agent", "managerEndpoints: []", "managerEndpoints is missing"),
      ("flotilla-manager", "busPublicEndpoint: fleet.example.com:5671", "busPublicEndpoint"),
      ("flotilla-manager", "heartbeatSeconds: 0", "heartbeatSeconds"),
      ("flotilla-manager", "service: {bus: {type: Loadbalancer}}", "type"),
    ])
  func refused(_ chart: String, _ values: String, _ says: String) async throws {
    var all = try YAML.parse(chart == "flotilla-agent" ? OwnCharts.registration : "").first ?? [:]
    for (key, value) in try YAML.parse(values).first?.object ?? [:] { all[key] = value }
    let text = YAML.emit(all)
    let error = await #expect(throws: HelmError.self) { try await OwnCharts.render(chart, values: text) }
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }
}
