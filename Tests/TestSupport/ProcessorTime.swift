import Foundation

/// What a piece of work takes of the processor. Unlike the time on the wall it is the same on a busy machine.
public enum ProcessorTime {
  /// The processor time of a closure that does all its work on the calling thread.
  public static func measure(_ body: () throws -> Void) rethrows -> Duration {
    let start = now
    try body()
    return now - start
  }

  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
