import Document
import Foundation
import TestSupport
import Testing

@testable import Kustomizer

@Suite("A kustomizer", .timeLimit(.minutes(5)))
struct KustomizerTests {
  func names(_ bytes: [UInt8]) throws -> [String] {
    try YAML.parse(bytes).map { "\($0["kind"]?.string ?? "")/\($0.at("metadata", "name")?.string ?? "")" }
  }

  @Test("An overlay on a base beside it is built, and the files that it does not use do not matter")
  func overlay() async throws {
    let output = try await Kustomizer().build(files: Samples.overlay, directory: "overlays/prod")
    let objects = try YAML.parse(output)
    #expect(
      try names(output).map { $0.replacing(/made-\w+/, with: "made") } == [
        "ConfigMap/prod-made", "ConfigMap/prod-settings", "Deployment/prod-web",
      ])
    #expect(objects.last?.at("spec", "replicas")?.int == 3)
    #expect(objects.first?.at("data", "other")?.string == "words")
  }

  @Test("The same files give the same bytes, in any order, by any kustomizer, and however the directory is written")
  func deterministic() async throws {
    let first = try await Kustomizer().build(files: Samples.overlay, directory: "overlays/prod")
    let second = try await Kustomizer().build(files: Samples.overlay.reversed(), directory: "./overlays/x/../prod/")
    #expect(first == second)
    #expect(
      try names(try await Kustomizer().build(files: Samples.root("resources: [map.yaml, sub]"), directory: ".")).count
        == 2)
  }

  @Test(
    "What would have to be fetched or run, or lies outside of the bundle, is refused at once by name",
    arguments: [
      ("resources: [https://example.invalid/a.yaml]", KustomizerError.Code.remoteBase),
      ("resources: ['http://127.0.0.1:1/a?ref=v1']", .remoteBase), ("resources: [git@github.com:a/b]", .remoteBase),
      ("resources: [github.com/a/b//c]", .remoteBase), ("bases: ['git::https://a.invalid/b']", .remoteBase),
      ("components: [ssh://git@a.invalid/b.git]", .remoteBase), ("resources: [file:///etc]", .remoteBase),
      ("resources: [map.yaml]\nopenapi: {path: https://example.invalid/schema}", .remoteBase),
      ("configMapGenerator: [{name: a, files: [b=https://example.invalid/b]}]", .remoteBase),
      ("helmCharts: [{name: a, repo: https://example.invalid}]", .remoteBase),
      ("resources: [/etc]", .outsideOfBundle), ("resources: [../outside]", .outsideOfBundle),
      ("resources: [sub/../../..]", .outsideOfBundle), ("patches: [{path: ../../patch.yaml}]", .outsideOfBundle),
      ("configMapGenerator: [{name: a, files: [/etc/passwd]}]", .outsideOfBundle),
      ("secretGenerator: [{name: a, envs: [../env]}]", .outsideOfBundle), ("resources: [absent.yaml]", .buildFailed),
      ("resources: [.]", .buildFailed), ("resources: [map.yaml, map.yaml]", .buildFailed), ("{}", .buildFailed),
      ("resources: [", .buildFailed), ("generators: [map.yaml]", .buildFailed), ("no: such\nfield: here", .buildFailed),
      ("a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\nresources: [map.yaml]", .buildFailed),
    ])
  func refused(kustomization: String, code: KustomizerError.Code) async throws {
    let error = await #expect(throws: KustomizerError.self) {
      try await Kustomizer().build(files: Samples.root(kustomization), directory: "")
    }
    #expect(error?.code == code, "\(kustomization): \(String(describing: error))")
    let message = try #require(error?.message)
    #expect(message.hasPrefix("kustomization.yaml: "))
    #expect(!message.contains("flotilla-kustomize") && !message.contains("command failed"), "\(message)")
    if code == .remoteBase, !kustomization.hasPrefix("helm") {
      #expect(message.contains("remote bases are not fetched: copy what it holds into the repository"))
    }
  }

  @Test("A base deep below that cannot be fetched is named with the kustomization that refers to it")
  func deep() async throws {
    let files = [
      Samples.file("kustomization.yaml", "resources: [a]"), Samples.file("a/kustomization.yaml", "bases: [../b]"),
      Samples.file("b/Kustomization", "resources: [https://example.invalid/x]"),
    ]
    let error = await #expect(throws: KustomizerError.self) {
      try await Kustomizer().build(files: files, directory: "")
    }
    #expect(error?.message.hasPrefix("b/Kustomization: resources names https://example.invalid/x") == true)
  }

  @Test("Files that form no directory, and a directory without a kustomization, are refused")
  func invalidFiles() async throws {
    for path in ["/a", "../a", "a/../b", "a//b", "", "a/", "./a", "a\0b", String(repeating: "x", count: 256)] {
      let error = await #expect(throws: KustomizerError.self) {
        try await Kustomizer().build(files: [Samples.file(path, "x")], directory: "")
      }
      #expect(error?.code == .invalidFiles, "\(path)")
    }
    for (paths, directory, code) in [
      (["a", "a"], "", KustomizerError.Code.invalidFiles), (["a", "a/b"], "", .invalidFiles),
      (["a/kustomization.yaml"], "", .noKustomization), (["a/kustomization.yaml"], "../a", .outsideOfBundle),
    ] {
      let error = await #expect(throws: KustomizerError.self) {
        try await Kustomizer().build(files: paths.map { Samples.file($0, "x") }, directory: directory)
      }
      #expect(error?.code == code)
    }
  }

  @Test("A tool that is not there is a clear error")
  func missingTool() async throws {
    let error = await #expect(throws: KustomizerError.self) {
      try await Kustomizer(tool: "no-such-tool").build(files: Samples.root("resources: [map.yaml]"), directory: "")
    }
    #expect(error?.code == .toolMissing && error?.message.contains("no-such-tool") == true)
    let none = #expect(throws: KustomizerError.self) { try Tool.find(nil, environment: ["PATH": "/nowhere"]) }
    #expect(none?.message.hasPrefix("neither kustomize nor kubectl is on the PATH") == true)
    #expect(try Tool.find(nil, environment: ["FLOTILLA_KUSTOMIZE": Samples.perl]).arguments("d") == ["build", "d"])
    #expect(Tool(path: "/opt/kubectl-1.32").arguments("d") == ["kustomize", "d"])
  }

  @Test("What the tool printed is the same text each time")
  func toolOutput() {
    for (printed, expected) in [
      (
        "E1122 20:23:08.849403 16550 run.go:72] \"command failed\" err=\"no \\\"a\\\" in '/tmp/x/b'\"",
        "no \"a\" in 'b'"
      ),
      ("I1 log.go:1] Warning: old\nE1 run.go:72] \"command failed\" err=<\n\tone\n\ttwo\n >", "one\ntwo"),
      ("Error: in /tmp/x", "in ."), ("", "it gave no reason"),
    ] {
      #expect(ToolOutput.error(printed, root: "/tmp/x") == expected)
    }
  }
}
