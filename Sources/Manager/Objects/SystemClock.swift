import Document
import Fleet
import Foundation

/// The wall clock, to the second, for times that people read. Order comes from revisions, waits from monotonic clocks.
enum SystemClock {
  static func now() -> Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }
}
