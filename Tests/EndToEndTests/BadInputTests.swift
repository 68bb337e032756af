import Document
import Foundation
import Testing

extension EndToEnd {
  @Suite("Bad input")
  struct BadInputTests {
    /// Input that cannot be deployed: its directory's files, and what the user must be told.
    struct Case: Sendable, CustomTestStringConvertible {
      let name: String
      let files: [String: String]
      let says: [String]
      var testDescription: String { name }
    }

    static let cases = [
      Case(
        name: "not-yaml", files: ["broken.yaml": "apiVersion: v1\nkind: ConfigMap\n  data: [\n"],
        says: ["broken.yaml"]),
      Case(
        name: "not-a-chart",
        files: [
          "Chart.yaml": "apiVersion: v2\nname: failing\nversion: 1.0.0\n",
          "templates/map.yaml": "{{ required \"a colour is needed\" .Values.colour }}\n",
        ], says: ["templates/map.yaml", "a colour is needed"]),
      Case(
        name: "refused",
        files: [
          "service.yaml":
            "apiVersion: v1\nkind: Service\nmetadata: {name: unservable}\nspec: {ports: [{port: 99999999}]}\n"
        ], says: ["unservable"]),
      Case(
        name: "bad-fleet-yaml",
        files: [
          "fleet.yaml": "dependsOn:\n- acceptedStates: [Ready]\n",
          "map.yaml": Manifests.configMap("unseen", ["a": "b"]),
        ], says: ["dependsOn[0]"]),
    ]

    @Test("what cannot be deployed is told in the GitRepo's STATUS, and its neighbour is deployed", arguments: cases)
    func undeployable(_ bad: Case) async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository(bad.name)
        try await repository.push(
          Dictionary(uniqueKeysWithValues: bad.files.map { ("bad/" + $0.key, $0.value) }))
        let good = try await GitRepository("beside-\(bad.name)")
        let commit = try await good.push(["good/map.yaml": Manifests.configMap("beside-\(bad.name)", ["a": "b"])])
        try await lab.apply(gitRepo: bad.name, repository, paths: ["bad"])
        try await lab.apply(gitRepo: "beside-\(bad.name)", good, paths: ["good"])

        try await eventually("STATUS names what is wrong with \(bad.name)", within: .seconds(40)) {
          let object = try await lab.kubectl.get("gitrepo", bad.name, "-n", Lab.workspace)
          let row = try await lab.kubectl.table("gitrepo", bad.name, "-n", Lab.workspace).rows.first
          let status = row?["STATUS"] ?? ""
          try require(
            bad.says.allSatisfy { status.contains($0) },
            "STATUS '\(status)', conditions: \(Lab.complaints(of: object))")
        }
        try await lab.ready(gitRepo: "beside-\(bad.name)", commit: commit, deployments: 2)
        try await lab.remove(gitRepo: bad.name)
        try await lab.remove(gitRepo: "beside-\(bad.name)")
      }
    }

    @Test("a commit that repairs what was wrong is deployed without anybody's help")
    func repaired() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("repaired")
        try await repository.push(["app/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name}\n"])
        try await lab.apply(gitRepo: "repaired", repository, paths: ["app"])
        try await eventually("the refusal is shown") {
          let row = try await lab.kubectl.table("gitrepo", "repaired", "-n", Lab.workspace).rows.first
          try require(row?["STATUS"]?.contains("Not_A_Name") == true, "\(row ?? [:])")
        }
        let commit = try await repository.push(["app/map.yaml": Manifests.configMap("repaired", ["a": "b"])])
        try await lab.ready(gitRepo: "repaired", commit: commit, deployments: 2)
        try await lab.remove(gitRepo: "repaired")
      }
    }

    @Test("a group that nobody made, a branch that is not there and a repository that cannot be read are each named")
    func nowhere() async throws {
      try await Lab.run { lab in
        let repository = try await GitRepository("nowhere")
        try await repository.push(["app/map.yaml": Manifests.configMap("nowhere", ["a": "b"])])
        try await lab.apply(
          gitRepo: "no-group", repository, paths: ["app"], targets: "[{name: x, clusterGroup: nobody-made-this}]")
        try await lab.kubectl.apply(Self.gitRepo("no-branch", repo: repository.url, branch: "no-such-branch"))
        try await lab.kubectl.apply(
          Self.gitRepo("no-repository", repo: "file:///no/such/repository.git", branch: "master"))
        for (name, fragment) in [
          ("no-group", "nobody-made-this"), ("no-branch", "no-such-branch"),
          ("no-repository", "/no/such/repository.git"),
        ] {
          try await eventually("GitRepo \(name) says what is not there") {
            let object = try await lab.kubectl.get("gitrepo", name, "-n", Lab.workspace)
            let bundles = try await lab.kubectl.get(
              "bundles", "-n", Lab.workspace, "-l", "fleet.cattle.io/repo-name=\(name)")
            let told = ([object] + (bundles["items"]?.array ?? [])).map(Lab.complaints).joined(separator: "\n")
            try require(told.contains(fragment), "conditions: \(told)")
          }
        }
        for name in ["no-group", "no-branch", "no-repository"] { try await lab.remove(gitRepo: name) }
      }
    }

    @Test("kubectl refuses unknown fields, wrong types and durations in days, and says which field")
    func refusedByTheAPI() async throws {
      try await Lab.run { lab in
        let cases: [(yaml: String, says: [String])] = [
          (Self.gitRepo("refused", repo: "file:///x", branch: "master") + "\n  brnch: x", ["brnch"]),
          (Self.gitRepo("refused", repo: "file:///x", branch: "master") + "\n  paths: oops", ["paths"]),
          (
            Self.gitRepo("refused", repo: "file:///x", branch: "master") + "\n  pollingInterval: 1d",
            ["pollingInterval"]
          ),
          (Self.gitRepo("refused", repo: "''", branch: "master"), ["repo"]),
        ]
        for (yaml, says) in cases {
          let outcome = try await lab.kubectl.run(["create", "-f", "-"], input: yaml)
          #expect(outcome.status == 1)
          for fragment in says { #expect(outcome.errors.contains(fragment), "\(outcome.errors)") }
        }
        #expect(try await !lab.kubectl.has("gitrepo", "refused", "-n", Lab.workspace))
      }
    }

    private static func gitRepo(_ name: String, repo: String, branch: String) -> String {
      """
      kind: GitRepo
      apiVersion: fleet.cattle.io/v1alpha1
      metadata: {name: \(name), namespace: \(Lab.workspace)}
      spec:
        repo: \(repo)
        branch: \(branch)
        targets: [{clusterSelector: {}}]
      """
    }
  }
}
