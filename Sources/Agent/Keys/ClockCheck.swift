import Document
import Foundation

/// Whether this machine and the manager agree on the time: a clock that is far off makes certificates, tokens and the times in
/// statuses wrong.
enum ClockCheck {
  /// What a person should know; nil where the clocks agree, or the manager does not say.
  ///
  /// - Parameters:
  ///   - manager: the manager's time, in milliseconds since 1970; 0 where it does not say.
  ///   - here: this machine's.
  static func problem(manager: UInt64, here: Date = Date()) -> String? {
    guard manager > 0 else { return nil }
    let theirs = Int64(clamping: manager / 1000)
    let ours = Int64(here.timeIntervalSince1970)
    let difference = ours - theirs
    guard abs(difference) > Int64(AgentLimits.clockTolerance) else { return nil }
    return
      "this machine's clock is \(text(abs(difference))) \(difference > 0 ? "ahead of" : "behind") the manager's"
      + " (\(Timestamp(seconds: ours)) here, \(Timestamp(seconds: theirs)) there): the API server's certificate may seem"
      + " invalid, and the times in statuses are wrong; set the clock (NTP) where it is wrong"
  }

  /// "1 day 2 h", "3 h 20 min", "12 min".
  private static func text(_ seconds: Int64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60)
    if days > 0 { return "\(days) \(days == 1 ? "day" : "days")" + (hours > 0 ? " \(hours) h" : "") }
    if hours > 0 { return "\(hours) h" + (minutes > 0 ? " \(minutes) min" : "") }
    return "\(minutes) min"
  }
}
