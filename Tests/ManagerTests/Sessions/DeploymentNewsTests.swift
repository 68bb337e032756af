import Store
import Testing

@testable import Manager

@Suite("News of deployments")
struct DeploymentNewsTests {
  private func event(_ name: String, _ revision: UInt64, body: String? = "x") -> StoreEvent {
    let key = ObjectKey(kind: StoredKind.bundleDeployments, namespace: "n", name: name)
    let object = body.map {
      StoredObject(key: key, body: Array($0.utf8), revision: Revision(revision), created: Revision(1))
    }
    return StoreEvent(revision: Revision(revision), key: key, object: object, previous: nil)
  }

  @Test("what the watch brought is handed out once, also that there is nothing any more")
  func handsOut() {
    var news = DeploymentNews()
    news.note(event("a", 2))
    news.note(event("a", 3, body: "y"))
    news.note(event("b", 4, body: nil))
    let both = news.take(["a", "b"])
    #expect(both?.map(\.revision) == [Revision(3)])
    let again = news.take(["a"])
    #expect(again == nil)
    #expect(news.revision == Revision(4))
  }

  @Test("a watch that is behind what was read says nothing, so that nothing goes back")
  func neverBack() {
    var news = DeploymentNews()
    news.note(event("a", 5))
    news.hasRead(at: Revision(9))
    news.note(event("b", 8))
    let (a, b) = (news.take(["a"]), news.take(["b"]))
    #expect(a == nil && b == nil, "the store is asked")
    news.note(event("b", 10))
    let newer = news.take(["b"])
    #expect(newer?.map(\.revision) == [Revision(10)])
    news.note(event("a", 11))
    let some = news.take(["a", "b"])
    #expect(some == nil, "the store is asked for all, as of one revision")
  }

  @Test("no more is kept than the limit, and what there was no room for is asked of the store")
  func bounded() {
    var news = DeploymentNews()
    for index in 0...DeploymentNews.limit { news.note(event("d\(index)", UInt64(index + 1))) }
    let last = news.take(["d\(DeploymentNews.limit)"])
    #expect(last == nil)
    news.note(event("d0", 1_000))
    let first = news.take(["d0"])
    #expect(first?.map(\.revision) == [Revision(1_000)])
  }
}
