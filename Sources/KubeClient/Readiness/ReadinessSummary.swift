/// Whether an object is as its author wanted it, in the words users know from Fleet.
public struct ReadinessSummary: Sendable, Hashable, CustomStringConvertible {
  /// One word in lower case: `active`, `in-progress`, `updating`, `unavailable`, `failed`, `error`, `removing`, ...
  public var state: String
  /// Whether something is wrong that does not mend by waiting.
  public var error: Bool
  /// Whether it is on its way.
  public var transitioning: Bool
  /// Why, without repetitions.
  public var messages: [String]

  /// A summary from its parts.
  public init(state: String = "", error: Bool = false, transitioning: Bool = false, messages: [String] = []) {
    self.state = state
    self.error = error
    self.transitioning = transitioning
    self.messages = messages
  }

  /// Neither an error nor on its way.
  public var isReady: Bool { !error && !transitioning }

  /// As Fleet shows it: the state, or `[progressing] Available: 0/1`, `[progressing,error] ...`, `error] ...`. The missing bracket of
  /// the last is Fleet's own, which scripts may look for.
  public var description: String {
    guard !isReady else { return state }
    let mark = transitioning ? (error ? "[progressing,error]" : "[progressing]") : "error]"
    return messages.isEmpty ? mark : "\(mark) \(messages.joined(separator: ", "))"
  }
}
