import Testing

@testable import Fleet

@Suite("Counts that agents say")
struct CountLimitTests {
  @Test("a count that could make a sum overflow is refused with the status that it came in")
  func limit() throws {
    let most = Limits.countedObjects
    let greatest = try BundleDeploymentStatus(["resourceCounts": ["ready": .integer(Int64(most))]])
    #expect(greatest.resourceCounts.ready == most)
    for count in [Int64(most) + 1, -1, .max, .min] {
      #expect { try BundleDeploymentStatus(["resourceCounts": ["missing": .integer(count)]]) } throws: {
        "\($0)".contains("missing")
      }
    }
  }
}
