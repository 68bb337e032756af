import Document
import Foundation
import Synchronization

/// The child's side of ``HelmChild``: performs requests on threads, and writes each answer when it is there.
final class ReleaseHost: Sendable {
  private let threads: HelmThreads
  private let answers: Int32
  private let tasks = Mutex<[Int64: Task<Void, Never>]>([:])
  /// Answers do not mix.
  private let writing = Mutex(())

  /// - Parameters:
  ///   - threads: how many requests may run at the same time.
  ///   - answers: the descriptor for the answers.
  init(threads: Int, answers: Int32) {
    self.threads = HelmThreads(libraryPath: nil, threads: min(max(1, threads), Limits.workerThreadsMaximum))
    self.answers = answers
  }

  /// Begins a request with an id.
  func begin(_ message: WorkerMessage, id: Int64) {
    tasks.withLock { tasks in
      tasks[id] = Task { [self] in
        var answer = await answer(message)
        answer.header["id"] = .integer(id)
        self.tasks.withLock { $0[id] = nil }
        writing.withLock { _ in
          // Who does not read any more has ended, and this process ends with it.
          _ = Frame.write(answer.bytes, to: answers)
        }
      }
    }
  }

  /// Takes back a request that has not begun.
  func cancel(_ id: Int64) {
    tasks.withLock { $0[id] }?.cancel()
  }

  private func answer(_ message: WorkerMessage) async -> WorkerMessage {
    do {
      return try await threads.perform(HelmRequest(message))
    } catch let error as HelmError {
      return WorkerMessage(failure: error)
    } catch is CancellationError {
      return WorkerMessage(failure: HelmError(code: .cancelled, message: "cancelled"))
    } catch {
      return WorkerMessage(failure: HelmError(code: .other, message: "\(error)"))
    }
  }
}
