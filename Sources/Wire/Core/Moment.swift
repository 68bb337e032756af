/// A point in time on the machine's monotonic clock. Cores are told the time; only shells read it.
struct Moment: Comparable, Hashable, Sendable {
  /// Nanoseconds since an arbitrary start.
  var nanoseconds: UInt64

  /// Never reached.
  static let distantFuture = Moment(nanoseconds: .max)

  static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Later by `duration`; stays at `distantFuture` instead of wrapping.
  static func + (moment: Moment, duration: Duration) -> Moment {
    let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
    return Moment(nanoseconds: overflow ? .max : sum)
  }

  /// The time from `earlier` to `later`, zero if that is negative.
  static func - (later: Moment, earlier: Moment) -> Duration {
    later > earlier ? .nanoseconds(Int64(clamping: later.nanoseconds - earlier.nanoseconds)) : .zero
  }
}

extension Duration {
  /// Nanoseconds, zero for what is negative, the greatest number for what is too long.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : whole &+ UInt64(attoseconds / 1_000_000_000)
  }

  /// Milliseconds, at least 1 for anything above zero.
  var wholeMilliseconds: UInt64 {
    let nanoseconds = wholeNanoseconds
    return nanoseconds == 0 ? 0 : max(1, nanoseconds / 1_000_000)
  }

  /// The duration of a number of milliseconds from the wire.
  static func milliseconds(clamping value: UInt64) -> Duration { .milliseconds(Int64(clamping: min(value, 1 << 50))) }
}
