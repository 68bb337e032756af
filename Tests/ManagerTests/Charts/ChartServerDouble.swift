import Fleet
import Foundation
import HelmEngine
import Logging
import Synchronization
import TestSupport

@testable import Manager

/// A chart server in this process: counts what it is asked, and answers as it is told to. The clock stands beside it.
final class ChartServerDouble: Sendable {
  struct State: Sendable {
    var asked: [ChartPull] = []
    var archives: [String: [UInt8]] = [:]
    var isDown = false
    var time: Int64 = 1_000_000
    var underWay = 0
    var mostUnderWay = 0
  }

  let state = Mutex(State())
  private let pause: Duration

  init(pause: Duration = .zero) { self.pause = pause }

  var asked: [ChartPull] { state.withLock { $0.asked } }

  func serve(_ chart: String, _ archive: [UInt8]) { state.withLock { $0.archives[chart] = archive } }

  func wait(seconds: Int64) { state.withLock { $0.time += seconds } }

  func pull(_ pull: ChartPull) async throws -> PulledChart {
    let answer = state.withLock { state -> [UInt8]? in
      state.asked.append(pull)
      state.underWay += 1
      state.mostUnderWay = max(state.mostUnderWay, state.underWay)
      return state.isDown ? nil : state.archives[pull.chart]
    }
    defer { state.withLock { $0.underWay -= 1 } }
    if pause > .zero { try await Task.sleep(for: pause) }
    guard let answer else { throw HelmError(code: .other, message: "the server does not answer") }
    return PulledChart(name: pull.chart, version: "1.0.0", archive: answer)
  }

  /// A supplier that asks this server and keeps what it gets below the directory.
  func supplier(_ directory: String) -> ChartSupplier {
    ChartSupplier(
      cacheDirectory: directory + "/charts", gitDirectory: directory + "/git", logger: quietLogger,
      now: { self.state.withLock { $0.time } }, pull: { try await self.pull($0) })
  }
}

/// Says what is wrong, and nothing else.
let quietLogger: Logger = {
  var logger = Logger(label: "test")
  logger.logLevel = .error
  return logger
}()

extension PackagedChart {
  /// The archive's bytes.
  var bytes: [UInt8] { Array(archive) }
}
