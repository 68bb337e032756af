import Document
import Fleet
import Foundation

extension Timestamp {
  /// The time by the machine's clock.
  static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }
}
