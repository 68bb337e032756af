import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("Secrets stay where they belong")
  struct SecretsTests {
    /// A secret that was planted, and the files that docs/security.md says may hold it.
    struct Canary {
      let what: String
      let text: String
      let manager: [String]
      let agent: [String]
      /// As it may be written: plain, and in base64, wherever in a longer text it begins.
      let forms: [Data]

      init(what: String, text: String, manager: [String] = [], agent: [String] = []) {
        self.what = what
        self.text = text
        self.manager = manager
        self.agent = agent
        forms =
          [Data(text.utf8)]
          + (0..<3).map { offset in
            let encoded = Data((String(repeating: "x", count: offset) + text).utf8).base64EncodedString()
            // Characters that hold bits of what is before and after are not the secret's alone.
            let whole = encoded.prefix((offset + text.utf8.count) * 8 / 6)
            return Data(whole.dropFirst((offset * 8 + 5) / 6).utf8)
          }
      }

      func isIn(_ data: Data) -> Bool { forms.contains { data.range(of: $0) != nil } }
    }

    private static let name = "canaries"

    @Test(
      "no log, metric, status, Event, answer of kubectl or file holds a planted secret, but for the files that are to")
    func canaries() async throws {
      try await Lab.run { lab in
        let random = UUID().uuidString.lowercased().replacing("-", with: "")
        let git = "canary-git-\(random)"
        let copied = "canary-copied-\(random)"
        let helm = "canary-helm-\(random)"
        let repository = try await plant(git: git, copied: copied, helm: helm, lab)
        try await exercise(repository, lab)

        let values = try await lab.manager.decodedValues(token: "lab", namespace: Lab.workspace)
        let admin = try String(contentsOfFile: lab.manager.data + "/admin.kubeconfig", encoding: .utf8)
        let cluster = try String(contentsOfFile: lab.dev.plane.kubeconfig, encoding: .utf8)
        let canaries = [
          Canary(what: "credentials of a git server", text: git, manager: ["store/"]),
          Canary(
            what: "a Secret that is copied downstream", text: copied, manager: ["store/"], agent: ["blobs/"]),
          Canary(what: "a Secret of Helm values on the cluster", text: helm),
          Canary(what: "a join token's secret", text: try BadStartTests.secret(of: values), manager: ["store/"]),
          Canary(what: "the agent's private key", text: try key(lab.dev.state + "/agent.key"), agent: ["agent.key"]),
          Canary(what: "the manager's private key", text: try key(lab.manager.data + "/bus.key"), manager: ["bus.key"]),
          Canary(
            what: "the admin's token", text: try credential(admin, ["token"]), manager: ["admin.kubeconfig"]),
          Canary(
            what: "the agent's credentials for its cluster",
            text: try credential(cluster, ["token", "client-key-data"])),
        ]
        #expect(canaries.allSatisfy { $0.text.count >= 16 })
        for (place, text) in try await outputs(lab) { look(for: canaries, in: text, place) }
        try lookThrough(lab.manager.data, canaries, \.manager, at: "the manager")
        try lookThrough(lab.dev.state, canaries, \.agent, at: "the agent")
        try await lab.remove(gitRepo: Self.name)
        try await lab.kubectl("delete", "gitrepo", "canary-git", "-n", Lab.workspace)
      }
    }

    /// Secrets of every sort, a bundle that uses them, and one that fails over them.
    private func plant(git: String, copied: String, helm: String, _ lab: Lab) async throws -> GitRepository {
      try await lab.kubectl.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: canary-git, namespace: \(Lab.workspace)}
        type: kubernetes.io/basic-auth
        stringData: {username: canary, password: \(git)}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: canary-copied, namespace: \(Lab.workspace)}
        stringData: {values.yaml: "copied: \(copied)"}
        ---
        apiVersion: fleet.cattle.io/v1alpha1
        kind: GitRepo
        metadata: {name: canary-git, namespace: \(Lab.workspace)}
        spec: {repo: "http://127.0.0.1:1/canary.git", branch: master, clientSecretName: canary-git, paths: [app]}
        """)
      let downstream = lab.dev.plane.admin
      try await downstream.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: \(Self.name)}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: canary-helm, namespace: \(Self.name)}
        stringData: {values.yaml: "word: \(helm)"}
        """)
      let options = """
        defaultNamespace: \(Self.name)
        downstreamResources:
        - {kind: Secret, name: canary-copied}
        helm:
          valuesFrom:
          - secretKeyRef: {name: canary-copied, namespace: \(Self.name), key: values.yaml}
          - secretKeyRef: {name: canary-helm, namespace: \(Self.name), key: values.yaml}

        """
      let chart = { (name: String) in "apiVersion: v2\nname: \(name)\nversion: 1.0.0\n" }
      let repository = try await GitRepository(Self.name)
      try await repository.push([
        "good/fleet.yaml": options, "good/Chart.yaml": chart("good"),
        "good/templates/secret.yaml":
          "apiVersion: v1\nkind: Secret\nmetadata: {name: made}\nstringData:\n  word: {{ .Values.word }}\n"
          + "  copied: {{ .Values.copied }}\n",
        "bad/fleet.yaml": options, "bad/Chart.yaml": chart("bad"),
        // Not base64: the API server refuses it, and says something of it.
        "bad/templates/secret.yaml":
          "apiVersion: v1\nkind: Secret\nmetadata: {name: refused}\ndata:\n  word: {{ .Values.word }}-{{ .Values.copied }}\n",
      ])
      return repository
    }

    /// Deploys, has something fail, drift and be compared, and takes an agent's and the manager's logs through a restart.
    private func exercise(_ repository: GitRepository, _ lab: Lab) async throws {
      try await lab.apply(
        gitRepo: Self.name, repository, paths: ["good", "bad"],
        targets: "[{name: dev, clusterSelector: {matchLabels: {env: dev}}}]")
      let downstream = lab.dev.plane.admin
      try await eventually("the good bundle stands, and the bad one has failed", within: .seconds(60)) {
        try require(try await downstream.has("secret", "made", "-n", Self.name), "the Secret is not there")
        let bundles = try await lab.kubectl.table(
          "bundles", "-n", Lab.workspace, "-l", "fleet.cattle.io/repo-name=\(Self.name)")
        try require(bundles.rows.contains { $0["STATUS"]?.contains("ErrApplied") == true }, "\(bundles)")
      }
      try await downstream(
        "patch", "secret", "made", "-n", Self.name, "--type=merge", "-p", #"{"stringData":{"word":"changed"}}"#)
      try await eventually("the change is seen") {
        let bundles = try await lab.kubectl.table(
          "bundles", "-n", Lab.workspace, "-l", "fleet.cattle.io/repo-name=\(Self.name)")
        try require(bundles.rows.contains { $0["STATUS"]?.contains("Modified") == true }, "\(bundles)")
      }
      try await eventually("the git server's absence is told") {
        let row = try await lab.kubectl.table("gitrepo", "canary-git", "-n", Lab.workspace).rows.first
        try require(row?["STATUS"]?.contains("127.0.0.1:1") == true, "\(row ?? [:])")
      }
      for process in ["agent", "manager"] {
        if process == "agent" { try await lab.dev.stop() } else { try await lab.manager.stop() }
        if process == "agent" { try await lab.dev.start() } else { try await lab.manager.start() }
      }
    }

    /// Everything that is said to anybody.
    private func outputs(_ lab: Lab) async throws -> [(place: String, text: String)] {
      var texts: [(place: String, text: String)] = []
      for file in try FileManager.default.contentsOfDirectory(atPath: Places.directory("logs")) {
        let log = try String(
          decoding: Data(contentsOf: URL(filePath: Places.directory("logs") + "/" + file)), as: UTF8.self)
        texts.append(("the log \(file)", log))
      }
      texts.append(("/metrics", try await lab.kubectl("get", "--raw", "/metrics")))
      let kinds = try await lab.kubectl("api-resources", "--verbs=list", "-o", "name").split(separator: "\n").map(
        String.init)
      #expect(kinds.contains("secrets") && kinds.contains("events"))
      for kind in kinds where kind != "secrets" {
        texts.append(("kubectl get \(kind) -o yaml", try await lab.kubectl("get", kind, "-A", "-o", "yaml")))
        texts.append(("kubectl describe \(kind)", try await lab.kubectl("describe", kind, "-A")))
      }
      texts.append(("downstream Events", try await lab.dev.plane.admin("get", "events,configmaps", "-A", "-o", "yaml")))
      let bundle = "\(Lab.workspace)/\(Self.name)-good"
      let cluster = try #require(try await lab.cluster(lab.dev).at("metadata", "name")?.string)
      try await Workspace.with { workspace in
        for verb in [
          ["diff", cluster, bundle, "-a"], ["why", cluster, bundle],
          ["why", cluster, "\(Lab.workspace)/\(Self.name)-bad"], ["agent", "list", "-o", "yaml"],
        ] {
          let outcome = try await workspace.flotilla(verb + ["--kubeconfig", lab.kubectl.kubeconfig])
          texts.append(("flotilla \(verb[0])", outcome.output + outcome.errors))
        }
      }
      return texts
    }

    private func look(for canaries: [Canary], in text: String, _ place: String) {
      let data = Data(text.utf8)
      for canary in canaries where canary.isIn(data) { Issue.record("\(canary.what) is in \(place)") }
    }

    /// Reads every file below a directory.
    private func lookThrough(
      _ directory: String, _ canaries: [Canary], _ allowed: KeyPath<Canary, [String]>, at whose: String
    ) throws {
      let files = try #require(FileManager.default.enumerator(atPath: directory)).compactMap { $0 as? String }
      var found: Set<String> = []
      for file in files {
        guard let data = FileManager.default.contents(atPath: directory + "/" + file) else { continue }
        for canary in canaries {
          guard canary.isIn(data) else { continue }
          if canary[keyPath: allowed].contains(where: { file.hasPrefix($0) }) {
            found.insert(canary.what)
          } else {
            Issue.record("\(canary.what) is in the file \(file) of \(whose)")
          }
        }
      }
      // The search finds what is there, or it would promise nothing; but for a database, whose pages may cut a text in two.
      for canary in canaries where canary[keyPath: allowed].contains(where: { $0 != "store/" }) {
        #expect(found.contains(canary.what), "\(canary.what) should be at \(whose)")
      }
    }

    private func key(_ path: String) throws -> String {
      String(try #require(try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isWhitespace).last))
    }

    private func credential(_ kubeconfig: String, _ keys: [String]) throws -> String {
      let user = try #require(try YAML.parse(kubeconfig).first?["users"]?.array?.first?["user"])
      let found = keys.compactMap { user[$0]?.string }
      return try #require(found.first)
    }
  }
}
