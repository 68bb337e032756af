import Testing

@testable import HelmEngine

@Suite struct RepositoryIndexTests {
  @Test("the versions of one chart are found among others, whatever their texts hold")
  func versions() throws {
    let text = #"""
      {"apiVersion":"v1","generated":"now","entries":{"a":[{"version":"9","description":"\"web\":[{\\","urls":["x"]}],"\u0077eb":[{"version":"2.0.0","urls":["web-2.tgz","other"],"digest":"sha256:ABC"},{"version":"1.0.0","urls":[]}],"z":[],"n":null}}
      """#
    let index = RepositoryIndex(Array(text.utf8))
    #expect(index.charts == ["a", "n", "web", "z"])
    #expect(
      try index.versions(of: "web") == [
        .init(version: "2.0.0", url: "web-2.tgz", digest: "abc"), .init(version: "1.0.0", url: nil, digest: nil),
      ])
    #expect(try index.versions(of: "a")?.map(\.version) == ["9"])
    #expect(try index.versions(of: "z") == [])
    #expect(try index.versions(of: "n") == nil)
    #expect(try index.versions(of: "we") == nil)
  }

  @Test(
    "what is no index has no charts",
    arguments: [
      "", "{", "[]", "null", "{\"entries\"", "{\"entries\":", "{\"entries\":{\"a\"", "{\"entries\":{\"a\":[", "{}",
      "\"\\",
    ])
  func broken(text: String) {
    let index = RepositoryIndex(Array(text.utf8))
    #expect((try? index.versions(of: "web")) == .some(.none))
  }
}
