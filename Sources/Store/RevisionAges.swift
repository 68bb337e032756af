/// When revisions were made, roughly, and from that how many of them to keep. A value without a clock.
struct RevisionAges {
  /// A sample each second at most: an hour of history is 3,600 of them.
  private static let resolution = Duration.seconds(1)
  private static let sampleLimit = 4096

  /// Every revision up to `revision` was made at `time` or before.
  private struct Sample {
    let revision: UInt64
    let time: Duration
  }

  private var samples: [Sample]
  private var latest: Sample

  init(start: UInt64, at time: Duration) {
    latest = Sample(revision: start, time: time)
    samples = [latest]
  }

  /// Takes note that the revision, the newest, was made at the time.
  mutating func note(_ revision: UInt64, at time: Duration) {
    if let last = samples.last, time - last.time >= Self.resolution, latest.revision > last.revision {
      samples.append(latest)
    }
    latest = Sample(revision: revision, time: time)
    // Every other sample goes when there are too many: coarser, and what lies between counts as younger than it is.
    if samples.count > Self.sampleLimit {
      samples = samples.enumerated().filter { $0.offset % 2 == 1 || $0.offset == samples.count - 1 }.map(\.element)
    }
  }

  /// The horizon that the configuration asks for: revisions up to it may go.
  mutating func horizon(now: Duration, keeping: SQLiteStoreConfiguration.Compaction) -> UInt64 {
    let last = latest.revision
    var old: UInt64 = 0
    if now - latest.time >= keeping.keepAge {
      old = last
    } else if let sample = samples.last(where: { now - $0.time >= keeping.keepAge }) {
      old = sample.revision
    }
    samples.removeAll { $0.revision < old }
    if samples.isEmpty { samples = [latest] }
    let spare = last - min(last, UInt64(max(0, keeping.keepRevisions)))
    let excess = last - min(last, UInt64(max(0, keeping.maximumRevisions)))
    return max(min(old, spare), excess)
  }
}
