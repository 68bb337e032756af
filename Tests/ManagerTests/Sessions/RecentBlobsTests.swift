import Store
import Testing
import Wire

@testable import Manager

@Suite("Blobs that were sent lately")
struct RecentBlobsTests {
  @Test("blobs of a change are read once, the oldest go first, and one that is too large is not kept")
  func recentBlobs() {
    let digests = (0..<3).map { BlobDigest(of: [UInt8($0)]) }
    let recent = RecentBlobs(limit: 40)
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 0, count: 10)), as: digests[0])
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 1, count: 10)), as: digests[1])
    #expect(recent[digests[0]] != nil && recent[digests[1]] != nil)
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 2, count: 10)), as: digests[2])
    #expect(recent[digests[0]] == nil && recent[digests[1]] != nil && recent[digests[2]] != nil)
    recent.keep(RecentBlobs.Blob([UInt8](repeating: 2, count: 21)), as: digests[0])
    #expect(recent[digests[0]] == nil && recent[digests[2]] != nil)
  }
}
