import Foundation

@testable import HelmEngine

/// The children of the tests: the program beside the tests' own that only answers Helm requests.
let workerCommand: HelmWorkerCommand = {
  let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  // `swift test` runs the tests in its own helper, or in the package's test program: the build folder is the arguments' then.
  let folders = [own, CommandLine.arguments.first ?? ""].map { URL(filePath: $0).deletingLastPathComponent().path }
  let candidates = folders.flatMap { folder in
    [folder, URL(filePath: folder).deletingLastPathComponent().path].map { $0 + "/HelmWorkerMain" }
  }
  return HelmWorkerCommand(
    executable: candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "HelmWorkerMain", arguments: []
  )
}()

/// Runs the body with workers, and stops those afterwards.
func withWorkers<Result>(
  limits: HelmWorkerLimits = .init(), renderers: Int = 2, isolation: isolated (any Actor)? = #isolation,
  _ body: (HelmWorkers) async throws -> Result
) async throws -> Result {
  let workers = HelmWorkers(command: workerCommand, renderers: renderers, limits: limits)
  do {
    let result = try await body(workers)
    await workers.stop()
    return result
  } catch {
    await workers.stop()
    throw error
  }
}

/// The error of the body; nil where it has none, or one of another module.
func failure(_ body: () async throws -> some Any) async -> HelmError? {
  do {
    _ = try await body()
    return nil
  } catch {
    return error as? HelmError
  }
}
