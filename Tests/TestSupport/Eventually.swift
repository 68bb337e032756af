/// A condition that did not come to hold in time.
public struct NotInTime: Error, CustomStringConvertible {
  /// What was waited for, how long and where.
  public let description: String
}

/// Waits until a condition holds, and throws when it does not within the limit. An error of the condition's own ends the wait.
///
/// The limit is long, since suites share the machine's cores: it ends tests that hang, and promises no speed.
public func eventually(
  _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(10),
  file: StaticString = #fileID, line: UInt = #line, isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  while true {
    if try await condition() { return }
    guard clock.now < deadline else {
      throw NotInTime(description: "not within \(limit): \(what) (\(file):\(line))")
    }
    try await clock.sleep(for: pause)
  }
}
