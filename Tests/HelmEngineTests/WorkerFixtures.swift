import TestSupport

@testable import HelmEngine

/// The children of the tests.
let workerCommand = HelmWorkerCommand(executable: helmWorkerProgram, arguments: [])

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
