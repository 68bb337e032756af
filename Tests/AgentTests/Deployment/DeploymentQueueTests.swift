import Testing

@testable import Agent

@Suite("The queue of deployments")
struct DeploymentQueueTests {
  /// Begins all that can begin now, and tells what.
  private func begin(_ queue: inout DeploymentQueue<Int>) -> [Int] {
    var begun: [Int] = []
    while let next = queue.next() { begun.append(next.work) }
    return begun
  }

  @Test("Work of different deployments runs side by side up to the capacity, in the order of arrival")
  func capacity() {
    var queue = DeploymentQueue<Int>(capacity: 2)
    for (index, id) in ["a", "b", "c"].enumerated() { queue.add(index, for: id) }
    let first = begin(&queue)
    #expect(first == [0, 1])
    queue.finished("b")
    let second = begin(&queue)
    #expect(second == [2])
  }

  @Test("Work of one deployment never runs side by side, and does not hold up the others")
  func oneAtATime() {
    var queue = DeploymentQueue<Int>(capacity: 3)
    queue.add(1, for: "a")
    var begun = begin(&queue)
    queue.add(2, for: "a")
    queue.add(3, for: "b")
    begun += begin(&queue)
    #expect(begun == [1, 3])
    queue.finished("a")
    begun += begin(&queue)
    #expect(begun == [1, 3, 2])
  }

  @Test("Newer work takes the place of what still waits")
  func replaced() {
    var queue = DeploymentQueue<Int>(capacity: 1)
    queue.add(1, for: "a")
    queue.add(2, for: "b")
    queue.add(3, for: "a")
    let begun = begin(&queue)
    #expect(begun == [3])
    #expect(queue.count == 1)
  }
}
