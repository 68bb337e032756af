import Foundation
import Logging

/// How a ``SQLiteStore`` keeps its data.
public struct SQLiteStoreConfiguration: Sendable {
  /// How much history the watch can be resumed from.
  public struct Compaction: Sendable {
    /// So many of the newest revisions are kept whatever their age.
    public var keepRevisions: Int
    /// Revisions younger than this are kept, as far as `maximumRevisions` allows. Revisions from before the store was
    /// opened count as made at that moment.
    public var keepAge: Duration
    /// Never more revisions than this.
    public var maximumRevisions: Int
    /// How often old revisions are looked for; nil when only ``SQLiteStore/compact()`` does it.
    public var interval: Duration?

    /// The defaults keep 10,000 revisions and those of the last ten minutes, but no more than a million.
    public init(
      keepRevisions: Int = 10_000, keepAge: Duration = .seconds(600), maximumRevisions: Int = 1_000_000,
      interval: Duration? = .seconds(10)
    ) {
      self.keepRevisions = keepRevisions
      self.keepAge = keepAge
      self.maximumRevisions = maximumRevisions
      self.interval = interval
    }
  }

  /// How much history is kept.
  public var compaction: Compaction
  /// How long events are kept in memory for live watchers, give or take the interval of compaction.
  public var recentAge: Duration = StoreLimits.recentAge
  /// Connections that read side by side.
  public var readers: Int
  /// The database's size in bytes after which writes fail as on a full disk; nil for no bound but the disk's.
  public var maximumBytes: Int?
  /// The time of day, for the age of blobs.
  public var now: @Sendable () -> Date
  /// A time that never goes back, for leases and for the age of revisions.
  public var uptime: @Sendable () -> Duration
  /// Where the store says what it does.
  public var logger: Logger

  /// The defaults are those of production.
  public init(
    compaction: Compaction = Compaction(), readers: Int = 4, maximumBytes: Int? = nil,
    now: @escaping @Sendable () -> Date = { Date() },
    uptime: @escaping @Sendable () -> Duration = SQLiteStoreConfiguration.systemUptime,
    logger: Logger = Logger(label: "flotilla.store")
  ) {
    self.compaction = compaction
    self.readers = readers
    self.maximumBytes = maximumBytes
    self.now = now
    self.uptime = uptime
    self.logger = logger
  }

  /// The system's monotonic clock, from an arbitrary start.
  public static let systemUptime: @Sendable () -> Duration = {
    let start = ContinuousClock.now
    return { start.duration(to: ContinuousClock.now) }
  }()
}
