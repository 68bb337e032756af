import Testing

@testable import Agent

@Suite("The queue of deployments")
struct DeploymentQueueTests {
  @Test("Work of different deployments runs side by side up to the capacity, in the order of arrival")
  func capacity() {
    var queue = DeploymentQueue<Int>(capacity: 2)
    for (index, id) in ["a", "b", "c"].enumerated() { queue.add(index, for: id) }
    #expect(queue.next()?.id == "a")
    #expect(queue.next()?.id == "b")
    #expect(queue.next() == nil)
    queue.finished("b")
    #expect(queue.next()?.id == "c")
  }

  @Test("Work of one deployment never runs side by side, and does not hold up the others")
  func oneAtATime() {
    var queue = DeploymentQueue<Int>(capacity: 3)
    queue.add(1, for: "a")
    #expect(queue.next()?.work == 1)
    queue.add(2, for: "a")
    queue.add(3, for: "b")
    #expect(queue.next()?.work == 3)
    #expect(queue.next() == nil)
    queue.finished("a")
    #expect(queue.next()?.work == 2)
  }

  @Test("Newer work takes the place of what still waits")
  func replaced() {
    var queue = DeploymentQueue<Int>(capacity: 1)
    queue.add(1, for: "a")
    queue.add(2, for: "b")
    queue.add(3, for: "a")
    #expect(queue.next()?.work == 3)
    #expect(queue.count == 1)
  }
}
