import Document
import Foundation
import KubeServer
import TestSupport
import Testing

@Suite("watches")
struct WatchingTests {
  private func events(_ output: String) throws -> [Value] {
    try output.split(separator: "\n").map { try JSON.parse(String($0)) }
  }

  private func types(_ output: String) throws -> [String] {
    try events(output).map { event in
      "\(event["type"]?.string ?? "") \(event.at("object", "metadata", "name")?.string ?? "")"
    }
  }

  @Test("kubectl get -w prints every change of a table, in order, as it happens")
  func table() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      let watching = try kubectl.start(["get", "wd", "-w", "--output-watch-events"])
      try await kubectl("create", "-f", "-", input: Widget.yaml("one"))
      try await eventually("the object is seen") { watching.output.contains("one") }
      try await kubectl("patch", "wd", "one", "--type=merge", "-p", "{\"spec\":{\"size\":8}}")
      try await kubectl("delete", "wd", "one")
      try await eventually("the deletion is seen") { watching.output.contains("DELETED") }
      watching.send(SIGTERM)
      _ = await watching.finish()
      let lines = watching.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
      #expect(lines == ["EVENT NAME SIZE SEEN STATUS", "ADDED one 3", "MODIFIED one 8", "DELETED one 8"])
    }
  }

  @Test("an object that enters or leaves the selection is added or deleted for its watcher")
  func transitions() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      let path =
        "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=3&labelSelector=a%3Db&resourceVersion="
      let start = server.store.revision
      try await kubectl("create", "cm", "c", "--from-literal=x=1")
      try await kubectl("label", "cm", "c", "a=b")
      try await kubectl("patch", "cm", "c", "-p", "{\"data\":{\"x\":\"2\"}}")
      try await kubectl("label", "cm", "c", "a-")
      try await kubectl("create", "cm", "d")
      try await kubectl("delete", "cm", "c")
      let output = try await kubectl("get", "--raw", path + "\(start)").out
      #expect(try types(output) == ["ADDED c", "MODIFIED c", "DELETED c"])
      let gone = try events(output).last
      #expect(gone?.at("object", "metadata", "labels", "a") == "b")
      #expect(gone?.at("object", "metadata", "resourceVersion")?.string == String(start + 4))
    }
  }

  @Test("WatchList sends what there is, then the bookmark that says so, then changes")
  func initialEvents() async throws {
    try await TestServer.run { server in
      let kubectl = server.kubectl
      for name in ["a", "b"] { try await kubectl("create", "cm", name) }
      let path =
        "/api/v1/configmaps?watch=true&timeoutSeconds=8&allowWatchBookmarks=true&sendInitialEvents=true"
        + "&resourceVersionMatch=NotOlderThan"
      let watching = try kubectl.start(["get", "--raw", path])
      try await eventually("the bookmark arrives") { watching.output.contains("BOOKMARK") }
      try await kubectl("create", "cm", "c")
      #expect(await watching.finish() == 0)
      let all = try events(watching.output)
      // A watch that lasts has further bookmarks.
      #expect(try types(watching.output).prefix(4) == ["ADDED a", "ADDED b", "BOOKMARK ", "ADDED c"])
      #expect(all[2].at("object", "metadata", "annotations", "k8s.io/initial-events-end") == "true")
      let unmatched = try await kubectl("get", "--raw", "/api/v1/configmaps?watch=true&sendInitialEvents=true")
      #expect(unmatched.err.contains("resourceVersionMatch=NotOlderThan"))
      #expect(try await kubectl("get", "--raw", "/api/v1/configmaps?watch=true&resourceVersion=abc").status == 1)
    }
  }

  @Test("a watch from a revision that is no longer kept, or never was, ends with 410")
  func expired() async throws {
    try await TestServer.run(history: 8) { server in
      let storage = server.storage(CoreKinds.configMap)
      for number in 0..<40 {
        _ = try await storage.create(["metadata": ["name": "c\(number)", "namespace": "default"]])
      }
      for revision in ["2", "9999"] {
        let output = try await server.kubectl(
          "get", "--raw", "/api/v1/configmaps?watch=true&resourceVersion=\(revision)"
        ).out
        let error = try #require(try events(output).first)
        #expect(
          error["type"] == "ERROR" && error.at("object", "code") == 410 && error.at("object", "reason") == "Expired")
      }
    }
  }

  @Test("graceful shutdown ends open watches, and the server with them")
  func shutdown() async throws {
    let watching = try await TestServer.run { server in
      let watching = try server.kubectl.start(["get", "--raw", "/api/v1/namespaces?watch=true"])
      try await eventually("the watch is open") { watching.output.contains("default") }
      return watching
    }
    #expect(await watching.finish() == 0)
  }
}
