import Document
import KubeServer
import Testing
import Wire

@testable import Manager

@Suite("An agent's comparison, for the API")
struct DiffReaderTests {
  private let cluster = ObjectName(namespace: "fleet-default", name: "edge")

  @Test(
    "an agent's error becomes a status that says what to do",
    arguments: [
      (.unimplemented, 405, "upgrade it"), (.notFound, 409, "flotilla why"), (.failedPrecondition, 409, "its words"),
      (.resourceExhausted, 429, "its words"), (.deadlineExceeded, 504, "did not finish"),
      (.unavailable, 503, "its words"), (.internal, 500, "its words"),
    ] as [(StatusCode, Int, String)])
  func errors(_ code: StatusCode, _ status: Int, _ words: String) {
    let error = DiffReader.explanation(of: RPCError(code, "its words"), cluster: cluster, bundle: "shop")
    #expect(error.code.status == status && error.message.contains(words) && error.message.contains("\(cluster)"))
  }

  @Test("the document names states in words, holds values as they are, and says whether anything differs")
  func document() throws {
    let record = DeploymentRecord(
      uid: "u", created: "", generation: 1, bundle: ObjectName(namespace: "fleet-default", name: "shop"),
      cluster: cluster, current: nil, staged: nil, paused: false, error: "")
    var response = DiffResponse(
      appliedDeploymentId: "a", desiredDeploymentId: "d", release: "n/r:1",
      objects: [
        DiffedObject(
          apiVersion: "apps/v1", kind: "Deployment", namespace: "n", name: "web", outcome: .modified,
          fields: [
            DiffedField(path: "spec.replicas", live: "5", desired: "3"), DiffedField(path: "x", live: "no json"),
            DiffedField(path: "y", lines: "@@"),
          ], writer: "w", fieldsLeftOut: 2),
        DiffedObject(apiVersion: "v1", kind: "Namespace", name: "n", outcome: .same),
      ], leftOut: 4)
    func value(_ response: DiffResponse) -> Value {
      DiffDocument(response: response, record: record, comparedAt: Timestamp(seconds: 0)).value(
        name: "shop", namespace: "c")
    }
    let document = value(response)
    #expect(document["differs"] == true && document["counts"] == ["modified": 1, "same": 1])
    #expect(document["bundle"] == "fleet-default/shop" && document["cluster"] == "fleet-default/edge")
    #expect(document["leftOut"] == 4 && document["notCompared"] == nil)
    #expect(
      document["objects"]?[0] == [
        "apiVersion": "apps/v1", "kind": "Deployment", "namespace": "n", "name": "web", "state": "modified",
        "writer": "w", "fieldsLeftOut": 2,
        "fields": [
          ["path": "spec.replicas", "live": 5, "desired": 3], ["path": "x", "live": "no json"],
          ["path": "y", "lines": "@@"],
        ],
      ])
    response.objects.removeFirst()
    #expect(value(response)["differs"] == false)
    response.leftOutDiffering = 1
    #expect(value(response)["differs"] == true)
  }
}
