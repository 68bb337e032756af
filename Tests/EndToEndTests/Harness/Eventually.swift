import Foundation

/// What a probe has seen when it is not yet what it waits for.
struct NotYet: Error, CustomStringConvertible {
  let description: String
}

/// A promise that was not kept in time, with what was seen last.
struct Unmet: Error, CustomStringConvertible {
  let description: String
}

/// What a probe throws when there is nothing left to wait for.
struct Hopeless: Error, CustomStringConvertible {
  let description: String
}

/// Throws `NotYet` where a condition does not hold.
func require(_ condition: Bool, _ seen: @autoclosure () -> String) throws {
  guard condition else { throw NotYet(description: seen()) }
}

/// Asks again and again until the probe throws nothing, and returns what it found. Past the limit it throws what the probe
/// threw last.
@discardableResult
func eventually<Found>(
  _ promise: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(200),
  isolation: isolated (any Actor)? = #isolation, _ probe: () async throws -> Found
) async throws -> Found {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  while true {
    do {
      return try await probe()
    } catch let error as Hopeless {
      throw Unmet(description: "\(promise): \(error)")
    } catch {
      guard clock.now < deadline else {
        throw Unmet(description: "not within \(limit): \(promise). Last seen: \(error)")
      }
    }
    try await Task.sleep(for: pause)
  }
}

/// Asks again and again for a while, and throws as soon as the probe throws.
func always(_ promise: String, for period: Duration, _ probe: () async throws -> Void) async throws {
  let clock = ContinuousClock()
  let end = clock.now + period
  while clock.now < end {
    do {
      try await probe()
    } catch {
      throw Unmet(description: "does not hold: \(promise). Seen: \(error)")
    }
    try await Task.sleep(for: .milliseconds(250))
  }
}
