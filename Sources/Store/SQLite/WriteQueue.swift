import Synchronization

/// What waits for the writer, as a value: who comes first, who goes together, and how much may wait.
///
/// Nobody waits for a group to fill: whatever has come while one group was written makes the next. A lone write goes at
/// once, and under load groups grow by themselves.
struct WriteQueue<Entry> {
  private struct Waiting {
    let entry: Entry
    let count: Int
    let bytes: Int
  }

  private var waiting: [Waiting] = []
  private var head = 0
  private var count = 0
  private var bytes = 0
  private(set) var isWriting = false

  /// Adds an entry. True when the caller must now start the writer.
  mutating func add(_ entry: Entry, count: Int, bytes: Int) throws(StoreError) -> Bool {
    guard self.count + count <= StoreLimits.pendingWrites, self.bytes + bytes <= StoreLimits.pendingBytes else {
      throw StoreError(
        .limitExceeded,
        "\(self.count) writes (\(self.bytes) bytes) wait for the disk already (limits pendingWrites, pendingBytes); "
          + "try again later")
    }
    waiting.append(Waiting(entry: entry, count: count, bytes: bytes))
    self.count += count
    self.bytes += bytes
    defer { isWriting = true }
    return !isWriting
  }

  /// The entries of the next transaction, in the order of arrival; empty when the writer may stop.
  mutating func nextGroup() -> [Entry] {
    var group: [Entry] = []
    var groupCount = 0
    var groupBytes = 0
    while head < waiting.count {
      let next = waiting[head]
      let fits =
        groupCount + next.count <= StoreLimits.groupWrites && groupBytes + next.bytes <= StoreLimits.groupBytes
      guard fits || group.isEmpty else { break }
      group.append(next.entry)
      groupCount += next.count
      groupBytes += next.bytes
      head += 1
    }
    count -= groupCount
    bytes -= groupBytes
    if head == waiting.count || head > 1024 {
      waiting.removeFirst(head)
      head = 0
    }
    isWriting = !group.isEmpty
    return group
  }
}
