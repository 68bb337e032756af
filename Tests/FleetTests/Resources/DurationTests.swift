import Document
import Testing

@testable import Fleet

@Suite("Durations and times")
struct DurationTests {
  @Test(
    "durations of Kubernetes manifests are read",
    arguments: [
      ("0", Duration.zero), ("15s", .seconds(15)), ("1h30m", .seconds(5400)), ("240h", .seconds(864_000)),
      ("1.5s", .milliseconds(1500)), (".5m", .seconds(30)), ("100ms", .milliseconds(100)), ("1us", .microseconds(1)),
      ("1\u{B5}s", .microseconds(1)), ("7ns", .nanoseconds(7)), ("1m1m", .seconds(120)),
      ("2562047h", .seconds(2_562_047 * 3600)),
    ])
  func parses(text: String, duration: Duration) throws {
    #expect(try GoDuration.parse(text) == duration)
  }

  @Test(
    "what is no duration is refused, with the units that there are",
    arguments: [
      "1d", "1w", "abc", "", "15", "-5s", "1 s", "s", "1h1d", "2562048h", "9999999999999999999h",
      "00000000000000000000000000000001s", "1.s.", "\u{661}s",
    ])
  func refuses(text: String) {
    #expect { try GoDuration.parse(text) } throws: { error in
      (error as? FleetError)?.message.contains("ns, us, ms, s, m or h") ?? false
    }
  }

  @Test(
    "durations are written as Go writes them",
    arguments: [
      (Duration.zero, "0s"), (.seconds(15), "15s"), (.seconds(5400), "1h30m0s"), (.milliseconds(1500), "1.5s"),
      (.microseconds(1), "1\u{B5}s"), (.nanoseconds(7), "7ns"), (.milliseconds(100), "100ms"),
      (.seconds(864_000), "240h0m0s"),
    ])
  func formats(duration: Duration, text: String) throws {
    #expect(GoDuration.format(duration) == text)
    #expect(try GoDuration.parse(text) == duration)
  }

  @Test(
    "times are RFC 3339 both ways",
    arguments: [
      (0 as Int64, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
      (1_787_393_445, "2026-08-22T10:10:45Z"),
      (-1, "1969-12-31T23:59:59Z"), (4_102_444_799, "2099-12-31T23:59:59Z"),
    ])
  func times(seconds: Int64, text: String) {
    #expect(Timestamp(seconds: seconds).description == text)
    #expect(Timestamp(text)?.seconds == seconds)
  }

  @Test("offsets and fractions are read, other texts are not")
  func offsets() {
    #expect(Timestamp("2026-08-22T12:10:45.123456789+02:00")?.seconds == 1_787_393_445)
    #expect(Timestamp("2026-08-22T10:10:40Z") == Timestamp("2026-08-22T12:10:40+02:00"))
    for text in [
      "", "2026-08-22", "2026-13-01T00:00:00Z", "2026-08-22 10:10:45Z", "2026-08-22T10:10:45", "2026-08-22T25:10:45Z",
    ] {
      #expect(Timestamp(text) == nil)
    }
  }
}
