import Document
import Testing
import Wire

@testable import Manager

@Suite("When deployments were sent and acknowledged")
struct DeliveryLedgerTests {
  private func desired(_ items: [String: String], revision: UInt64 = 1) -> Desired {
    Desired(
      nonce: 1, revision: revision,
      set: items.sorted { $0.key < $1.key }.map { DeploymentItem(id: $0.key, version: $0.value) },
      complete: true)
  }

  private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

  @Test(
    "the last sending of a deployment is known with its revision and answer; an answer to another version says nothing")
  func entries() {
    var ledger = DeliveryLedger()
    ledger.sent(desired(["a": "1", "b": "1"], revision: 7), at: at(10))
    #expect(ledger["a"] == .init(version: "1", revision: 7, sent: at(10)))
    ledger.acknowledged([InventoryItem(id: "a", version: "1")], removed: [], at: at(11))
    ledger.refused([NackItem(id: "b", version: "1", message: "")], message: "too large", at: at(12))
    #expect(ledger["a"]?.answer == .acknowledged(at(11)))
    #expect(ledger["b"]?.answer == .refused(at(12), "too large"))
    ledger.sent(desired(["a": "2"], revision: 9), at: at(20))
    ledger.acknowledged([InventoryItem(id: "a", version: "1")], removed: ["b"], at: at(21))
    #expect(ledger["a"] == .init(version: "2", revision: 9, sent: at(20)))
    #expect(ledger["b"] == nil && ledger["c"] == nil)
  }

  @Test("so many deployments are remembered, the newest at least, and twice as many at most")
  func bounded() {
    var ledger = DeliveryLedger(capacity: 3)
    for number in 0..<10 {
      ledger.sent(desired(["d\(number)": "1"]), at: at(Int64(number)))
      let known = (0..<10).filter { ledger["d\($0)"] != nil }
      #expect(known.count <= 6 && known.suffix(3) == Array((0...number).suffix(3)))
    }
  }
}
