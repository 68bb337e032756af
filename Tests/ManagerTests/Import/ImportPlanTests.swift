import Document
import Fleet
import Testing
import Wire

@testable import Manager

@Suite("What the manager does for a cluster with a kubeconfig")
struct ImportPlanTests {
  private let now = Timestamp(seconds: 1_800_000_000)

  private func facts(_ spec: Value, namespace: String = "fleet-default") throws -> ImportFacts {
    let cluster = try Cluster([
      "metadata": ["name": "edge", "namespace": .string(namespace), "uid": "cluster-uid"], "spec": spec,
    ])
    return ImportFacts(
      cluster: cluster, secret: ["data": ["value": .string(Base64.encode(Array("kubeconfig".utf8)))]],
      endpoints: ["tcp://manager:5671"])
  }

  private func token(created: Timestamp) throws -> ClusterRegistrationToken {
    try ClusterRegistrationToken([
      "metadata": [
        "name": "import-token-edge", "namespace": "fleet-default", "uid": "t",
        "creationTimestamp": .string(created.description),
      ], "spec": ["ttl": "12h"],
    ])
  }

  private func registration() throws -> RegistrationValues {
    let key = String(repeating: "A", count: 43)
    return RegistrationValues(
      managerEndpoints: ["tcp://manager:5671"],
      token: try JoinToken(managerPublicKey: key, id: "id", secret: "0123456789abcdef"),
      clusterNamespace: "fleet-default", tokenName: "import-token-edge")
  }

  /// Facts of a Cluster that has all it takes, up to the installation.
  private func prepared(_ spec: Value = ["kubeConfigSecret": "s", "clientID": "id"]) throws -> ImportFacts {
    var facts = try facts(spec)
    facts.token = try token(created: now)
    facts.registration = try registration()
    return facts
  }

  private func request(_ facts: ImportFacts) throws -> ImportRequest {
    guard case .install(let request) = ImportPlan.next(facts, now: now) else {
      throw ManagerError(.invalid, "\(ImportPlan.next(facts, now: now))")
    }
    return request
  }

  @Test("step by step: client id, token, its Secret, installation, and then nothing but dropping the token")
  func steps() throws {
    #expect(ImportPlan.next(try facts([:]), now: now) == .none(dropsRecord: false))
    #expect(ImportPlan.next(try facts(["kubeConfigSecret": "s"]), now: now) == .assignClientID)
    var facts = try facts(["kubeConfigSecret": "s", "clientID": "id"])
    #expect(ImportPlan.next(facts, now: now) == .makeToken(replacing: false))
    facts.token = try token(created: now)
    #expect(ImportPlan.next(facts, now: now) == .awaitToken)
    facts.registration = try registration()
    let request = try request(facts)
    #expect(request.kubeconfig == "kubeconfig" && request.secret == "fleet-default/s")
    #expect(request.chartValues["clientID"] == "id")
    facts.record = request.record
    #expect(ImportPlan.next(facts, now: now) == .none(dropsRecord: false))
    facts.joined = Timestamp(seconds: now.seconds - 1)
    #expect(ImportPlan.next(facts, now: now) == .none(dropsRecord: false), "it joined with an older token")
    facts.joined = now
    #expect(ImportPlan.next(facts, now: now) == .dropToken)
    facts.token = nil
    facts.secret = nil
    #expect(ImportPlan.next(facts, now: now) == .none(dropsRecord: false), "the kubeconfig may be taken away")
    facts.cluster.spec.kubeConfigSecret = ""
    #expect(ImportPlan.next(facts, now: now) == .none(dropsRecord: true))
  }

  @Test("a token that is about to end is replaced before an agent is started with it")
  func oldToken() throws {
    var facts = try prepared()
    facts.token = try token(created: Timestamp(seconds: now.seconds - 11 * 3600 - 1))
    #expect(ImportPlan.next(facts, now: now) == .makeToken(replacing: true))
  }

  @Test(
    "it installs again when the generation or an option of the agent changed, and for nothing else",
    arguments: [
      (["redeployAgentGeneration": 1], true),
      (["agentTolerations": [["operator": "Exists"]]], true),
      (["agentAffinity": ["nodeAffinity": [:]]], true),
      (["agentResources": ["limits": ["cpu": "1"]]], true),
      (["agentEnvVars": [["name": "A", "value": "b"]]], true),
      (["agentPullSecrets": [["name": "p"]]], true),
      (["agentSchedulingCustomization": ["priorityClass": ["value": 5]]], true),
      (["agentSchedulingCustomization": [:]], false),
      (["hostNetwork": true], true),
      (["privateRepoURL": "registry.example.com"], true),
      (["agentNamespace": "agents"], true),
      (["paused": true], false),
      (["templateValues": ["a": "b"]], false),
    ] as [([String: Value], Bool)])
  func again(_ change: [String: Value], _ installs: Bool) throws {
    var facts = try prepared()
    facts.record = try request(facts).record
    var spec: Value = ["kubeConfigSecret": "s", "clientID": "id"]
    for (key, value) in change { spec[key] = value }
    facts.cluster = try self.facts(spec).cluster
    let step = ImportPlan.next(facts, now: now)
    if case .install = step { #expect(installs) } else { #expect(!installs, "\(step)") }
  }

  @Test("a Cluster made anew under its old name, and another address of the manager, are installed again")
  func otherManager() throws {
    var facts = try prepared()
    facts.record = try request(facts).record
    facts.endpoints = ["tcp://elsewhere:5671"]
    #expect(try request(facts).chartValues["managerEndpoints"] == ["tcp://elsewhere:5671"])
    // Of the Secret's own address only one of the bus counts: agents do not speak to the API.
    func secret(_ url: String) -> Value {
      ["data": ["value": "eA==", "apiServerURL": .string(Base64.encode(Array(url.utf8)))]]
    }
    facts.secret = secret("tcp://edge-gateway:5671")
    #expect(try request(facts).record.endpoints == ["tcp://edge-gateway:5671"])
    facts.secret = secret("https://rancher.example.com")
    #expect(try request(facts).record.endpoints == ["tcp://elsewhere:5671"])
    facts.endpoints = ["tcp://manager:5671"]
    facts.record?.clusterUID = "the one before"
    _ = try request(facts)
  }

  @Test(
    "a kubeconfig is taken from the Cluster's namespace and the system's, and from no other",
    arguments: [
      ("", true), ("fleet-default", true), ("fleet-local", true), ("cattle-fleet-system", true),
      ("fleet-system", true), ("cattle-fleet-clusters-system", true), ("cluster-fleet-default-a", true),
      ("kube-system", false), ("team-b", false), ("my-cluster-x", false),
    ])
  func namespaces(_ namespace: String, _ isAllowed: Bool) throws {
    let facts = try facts(
      ["kubeConfigSecret": "s", "kubeConfigSecretNamespace": .string(namespace)], namespace: "team-a")
    switch ImportPlan.next(facts, now: now) {
    case .refuse(let reason, let message):
      #expect(!isAllowed && reason == "SecretNotAllowed" && message.contains(namespace))
    default: #expect(isAllowed)
    }
  }

  @Test("a Secret that is missing or has no kubeconfig is named")
  func secrets() throws {
    var facts = try prepared()
    facts.secret = nil
    guard case .refuse("SecretMissing", let message) = ImportPlan.next(facts, now: now) else {
      Issue.record("it goes on without a Secret")
      return
    }
    #expect(message.contains("fleet-default/s") && message.contains("kubectl create secret"))
    facts.secret = ["data": ["kubeconfig": "eA=="]]
    guard case .refuse("KubeConfigInvalid", _) = ImportPlan.next(facts, now: now) else {
      Issue.record("it goes on without a kubeconfig")
      return
    }
  }

  @Test("the token of an import is good for its cluster alone")
  func tokenOfOne() throws {
    var (record, secret) = JoinTokenRecord.make(
      for: ObjectName(namespace: "fleet-default", name: "import-token-edge"), uid: "t", expires: nil)
    record.clientID = "edge"
    let stored = try #require(JoinTokenRecord(decoding: record.encoded()))
    func decide(_ clientID: String) -> EnrollmentPolicy.Decision {
      EnrollmentPolicy.decide(
        EnrollRequest(tokenId: record.id, tokenSecret: secret, clientId: clientID, labels: []), token: stored,
        existing: EnrollmentPolicy.Existing(), caller: nil, requiresApproval: true, now: now)
    }
    if case .refuse(let code, _, _, _) = decide("other") {
      #expect(code == .permissionDenied)
    } else {
      Issue.record("joined")
    }
    // Whoever gave the manager the cluster's kubeconfig has approved of it.
    guard case .join = decide("edge") else {
      Issue.record("it does not join: \(decide("edge"))")
      return
    }
  }

  @Test("the options of a Cluster become values of the chart")
  func values() throws {
    let spec = try ClusterSpec([
      "privateRepoURL": "registry.example.com", "agentEnvVars": [["name": "A", "value": "b"]], "hostNetwork": true,
      "agentPullSecrets": [["name": "p"]],
      "agentSchedulingCustomization": [
        "priorityClass": ["value": 5, "preemptionPolicy": "Never"],
        "podDisruptionBudget": ["minAvailable": "0", "maxUnavailable": "1"],
      ],
    ])
    let values = AgentChartValues(spec, image: AgentImage("docker.io/flotilla/flotilla:2")).options
    #expect(values.at("image", "registry") == "registry.example.com")
    #expect(values.at("image", "repository") == "flotilla/flotilla")
    #expect(values["extraEnv"] == [["name": "A", "value": "b"]])
    #expect(values["imagePullSecrets"] == [["name": "p"]])
    #expect(values["priorityClass"] == ["value": 5, "preemptionPolicy": "Never"])
    #expect(values["podDisruptionBudget"] == ["maxUnavailable": "1"])
    #expect(AgentChartValues(ClusterSpec(), image: nil).options == [:])
  }

  @Test(
    "an image's reference is taken apart as container engines do",
    arguments: [
      ("flotilla", "", "flotilla", "", ""), ("flotilla/flotilla:1", "", "flotilla/flotilla", "1", ""),
      ("localhost/flotilla", "localhost", "flotilla", "", ""), ("reg:5000/a/b", "reg:5000", "a/b", "", ""),
      ("reg.io/a@sha256:\(String(repeating: "0", count: 64))", "reg.io", "a", "", "sha256:"),
    ])
  func images(_ text: String, _ registry: String, _ repository: String, _ tag: String, _ digest: String) throws {
    let image = try #require(AgentImage(text))
    #expect(image.registry == registry && image.repository == repository && image.tag == tag)
    #expect(image.digest.hasPrefix(digest) && image.digest.isEmpty == digest.isEmpty)
    #expect(image.description == text)
  }

  @Test("what is no reference is none", arguments: ["", "Upper/case", "a b", "a:", "a@sha256:1", "https://x/y"])
  func noImages(_ text: String) { #expect(AgentImage(text) == nil) }
}
