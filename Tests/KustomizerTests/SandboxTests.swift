import Confinement
import Foundation
import TestSupport
import Testing

@testable import Kustomizer

@Suite("A kustomization that no look beforehand caught", .timeLimit(.minutes(5)))
struct SandboxTests {
  /// Builds without the look over its references.
  func build(_ files: [KustomizeFile], tool: String? = nil) async throws -> Result<[UInt8], KustomizerError> {
    let key = Builds.Key(tree: try FileTree(files, limits: KustomizerLimits()), directory: "")
    return await Kustomizer.run(key, kustomization: "kustomization.yaml", tool: tool, limits: KustomizerLimits())
  }

  @Test("It fetches nothing, neither by HTTP nor by git, and fails soon")
  func network() async throws {
    for reference in ["http://127.0.0.1:9/a.yaml", "https://github.com/a/b?ref=v1", "git@127.0.0.1:a/b"] {
      let began = ContinuousClock.now
      let result = try await build(Samples.root("resources: ['\(reference)']"))
      guard case .failure(let error) = result else {
        Issue.record("\(reference) was built")
        continue
      }
      #expect(error.code == .buildFailed && error.message.contains(reference))
      #expect(!error.message.contains("connection refused"), "it came as far as the network")
      #expect(ContinuousClock.now - began < .seconds(30))
    }
  }

  @Test("It reads nothing outside of the bundle", .enabled(if: Confinement.isFilesystemConfined))
  func files() async throws {
    try await withTemporaryDirectory { directory in
      for file in Samples.root("resources: [map.yaml]") where !file.path.contains("/") {
        try Data(file.bytes).write(to: URL(filePath: "\(directory)/\(file.path)"))
      }
      let name = try #require(directory.split(separator: "/").last)
      // Beside the build's own directory, as far as kustomize is concerned.
      let base = "../../\(name)"
      guard case .failure(let error) = try await build(Samples.root("resources: ['\(base)']")) else {
        Issue.record("the base outside was built")
        return
      }
      #expect(error.message.contains("unable to find one of 'kustomization.yaml'"), "\(error)")
    }
    let look = "print open(F, '<', $_) ? 1 : 0 for '/etc/passwd', '/proc/self/environ', 'build'; print keys %ENV > 3"
    #expect(try await build(Samples.program(look), tool: Samples.perl).get() == Array("001".utf8))
  }
}
