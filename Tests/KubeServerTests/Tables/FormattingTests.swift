import Document
import Testing

@testable import KubeServer

@Suite("what tables show")
struct FormattingTests {
  @Test(
    "ages read as kubectl prints them",
    arguments: [
      (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (192, "3m12s"), (600, "10m"),
      (10_799, "179m"),
      (10_800, "3h"), (25_500, "7h5m"), (28_800, "8h"), (172_799, "47h"), (183_600, "2d3h"), (691_200, "8d"),
      (63_072_000, "2y"), (63_158_400, "2y1d"), (315_360_000, "10y"),
    ] as [(Int64, String)])
  func ages(_ seconds: Int64, _ text: String) {
    #expect(HumanDuration.text(seconds: seconds) == text)
  }

  @Test("column paths find what a CRD's would")
  func paths() throws {
    let object: Value = [
      "spec": ["a.b": 1, "list": [10, 20]],
      "status": ["conditions": [["type": "Ready", "n": 1], ["type": "Other", "n": 2, "message": "m"]]],
    ]
    let cases: [(String, [Value])] = [
      (".spec['a.b']", [1]), (".spec.a\\.b", [1]), ("{$.spec.list[1]}", [20]), (".spec.list[-1]", [20]),
      (".spec.list[*]", [10, 20]), (".status.conditions[?(@.type==\"Ready\")].n", [1]),
      (".status.conditions[?(@.type != 'Ready')].message", ["m"]), (".status.conditions[?(@.n==2)].type", ["Other"]),
      (".status.conditions[?(@.message)].n", [2]), (".spec.none.deeper", []), ("spec.list[0]", [10]),
    ]
    for (path, values) in cases { #expect(try JSONPath(path).values(in: object) == values, "\(path)") }
    for bad in [".a[", ".a[?(x)]", ".a[?(@.b==c)]", ".a[x]"] {
      #expect(throws: KubeError.self) { try JSONPath(bad) }
    }
  }

  @Test("times are read with any offset and written in UTC")
  func times() {
    #expect(Timestamp(seconds: 1_700_000_000).description == "2023-11-14T22:13:20Z")
    #expect(Timestamp("2023-11-14T22:13:20Z")?.seconds == 1_700_000_000)
    #expect(Timestamp("2023-11-15T00:13:20.123456+02:00")?.seconds == 1_700_000_000)
    #expect(
      Timestamp("1969-12-31T23:59:59Z")?.seconds == -1 && Timestamp(seconds: -1).description == "1969-12-31T23:59:59Z")
    #expect(Timestamp("2024-02-29T00:00:00Z")?.description == "2024-02-29T00:00:00Z")
    for bad in [
      "", "2023-02-29T00:00:00Z", "2023-11-14 22:13:20Z", "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z", "noon",
    ] {
      #expect(Timestamp(bad) == nil, "\(bad)")
    }
  }
}
