import Document
import Fleet
import Testing

@testable import Manager

@Suite("Statuses that came lately")
struct RecentStatusesTests {
  private func text(_ message: String) -> [UInt8] {
    JSON.encode(["ready": true, "appliedDeploymentID": .string(message)])
  }

  @Test("each is what it says, the same one is kept once, and neither what is none nor what is too long is kept")
  func read() {
    let recent = RecentStatuses()
    for _ in 0..<2 {
      for id in ["s-1:a", "s-2:a"] { #expect(recent.status(text(id))?.appliedDeploymentID == id) }
    }
    #expect(recent.count == 2)
    #expect(recent.status(Array("{".utf8)) == nil && recent.count == 2)
    let long = String(repeating: "x", count: Limits.recentStatusBytes)
    #expect(recent.status(text(long))?.appliedDeploymentID == long && recent.count == 2)
  }

  @Test("there are never more than the limit")
  func limit() {
    let recent = RecentStatuses()
    for number in 0..<Limits.recentStatuses { _ = recent.status(text("\(number)")) }
    #expect(recent.count == Limits.recentStatuses)
    #expect(recent.status(text("one more"))?.ready == true)
    #expect((1...Limits.recentStatuses).contains(recent.count))
  }
}
