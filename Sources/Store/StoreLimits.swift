/// Every bound of this module. What exceeds one is refused with ``StoreError/Code/limitExceeded`` and the limit's name, or,
/// for those about memory, served from disk instead.
public enum StoreLimits {
  /// Bytes of one object's body: 16 MiB.
  public static let objectBytes = 16 << 20
  /// UTF-8 bytes of a kind, a namespace, a name, a lease's name or its holder.
  public static let nameBytes = 1024
  /// Writes in one commit.
  public static let commitWrites = 10_000
  /// Bytes of one blob: 64 MiB.
  public static let blobBytes = 64 << 20
  /// Writes that one transaction (one fsync) takes together.
  public static let groupWrites = 512
  /// Body bytes that one transaction takes together: 32 MiB. A single larger commit still goes, alone.
  public static let groupBytes = 32 << 20
  /// Writes that may wait for the writer; more are refused, so that a stuck disk cannot fill the memory.
  public static let pendingWrites = 100_000
  /// Body bytes that may wait for the writer: 256 MiB.
  public static let pendingBytes = 256 << 20
  /// Events kept in memory for live watchers; a watcher further behind reads from disk.
  public static let recentEvents = 16_384
  /// Body bytes of the events kept in memory: 64 MiB.
  public static let recentBytes = 64 << 20
  /// How long events are kept in memory for live watchers, which are behind by less.
  public static let recentAge: Duration = .seconds(15)
  /// With no more events than this in memory the store is at rest, and gives back what it took for its work.
  public static let eventsAtRest = 1_024
  /// Events that a watcher takes at once, from memory or from disk.
  public static let watchPage = 256
  /// Body bytes after which a page read from disk ends early: 8 MiB.
  public static let watchPageBytes = 8 << 20
  /// Watchers that may wait at the same time.
  public static let watchers = 100_000
  /// History rows that one compaction step removes before it lets writes go first.
  public static let compactionStep = 500
}
