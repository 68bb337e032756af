import Testing

@testable import Fleet

@Suite("Names that may have been meant")
struct SpellingTests {
  @Test(
    "the nearest come first: those that hold the word, then those a few letters away, and no others",
    arguments: [
      ("shop", ["shop-web", "shop-api", "bank"], ["shop-api", "shop-web"]),
      ("shp-web", ["shop-web", "shop-api", "bank"], ["shop-web"]),
      ("Edge1", ["edge-1", "edge1", "edge-2"], ["edge1", "edge-1"]),
      ("zzz", ["shop"], []),
    ] as [(String, [String], [String])])
  func near(_ word: String, _ candidates: [String], _ expected: [String]) {
    #expect(Spelling.near(word, among: candidates) == expected)
  }

  @Test("so many are named and no more")
  func limit() {
    #expect(Spelling.near("a", among: (0..<20).map { "a\($0)" }, limit: 3).count == 3)
  }
}
