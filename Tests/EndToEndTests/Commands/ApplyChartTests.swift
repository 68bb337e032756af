import Document
import Foundation
import struct TestSupport.PackagedChart
import struct TestSupport.TestUser
import func TestSupport.withChartRepository
import Testing

@Suite("flotilla apply with charts from elsewhere", .timeLimit(.minutes(5)))
struct ApplyChartTests {
  @Test("a chart comes with the credentials of the options, sent on a match alone, and is kept for the next time")
  func credentials() async throws {
    let user = TestUser(name: "alice", password: "canary-5f2")
    let chart = try await PackagedChart.make(name: "web", version: "1.2.3")
    try await withChartRepository(charts: [chart], user: user) { server in
      let files = [
        "app/fleet.yaml": "helm: {repo: \"\(server.url)\", chart: web, version: ~1.2}\n",
        "bad/fleet.yaml": "helm: {repo: \"\(server.url)\", chart: absent}\n",
        "password": user.password + "\n", "ca.pem": server.certificate,
      ]
      try await Workspace.with(files) { workspace in
        let access = ["--username", user.name, "--password-file", "password", "--cacerts-file", "ca.pem"]
        func apply(_ more: [String]) async throws -> (status: Int32, output: String, errors: String) {
          let outcome = try await workspace.flotilla(["apply", "r", "-o", "-"] + access + more)
          #expect(!(outcome.output + outcome.errors).contains("canary"))
          return (outcome.status, outcome.output, outcome.errors)
        }
        let unsent = try await apply(["app"])
        #expect(unsent.status == 1 && unsent.errors.contains("helmRepoURLRegex is empty"), "\(unsent.errors)")
        #expect(try server.requests().allSatisfy { $0.authorization.isEmpty })

        let regex = ["--helm-repo-url-regex", server.url]
        let sent = try await apply(["app"] + regex)
        #expect(sent.status == 0, "\(sent.errors)")
        let files = try YAML.parse(sent.output).first?.at("spec", "resources")?.array ?? []
        #expect(
          files.contains {
            $0["name"]?.string?.hasPrefix(".chart/") == true
              && $0["content"]?.string?.contains("version: 1.2.3") == true
          })
        let asked = try server.requests().count
        #expect(try await apply(["app"] + regex).output == sent.output)
        #expect(try server.requests().count == asked, "the chart is in the cache")
        #expect(try await apply(["app", "--refresh-charts"] + regex).output == sent.output)
        #expect(try server.requests().count > asked)

        let bad = try await apply(regex)
        #expect(bad.status == 1 && bad.errors.contains("bad: ") && bad.errors.contains("absent"), "\(bad.errors)")
      }
    }
  }
}
