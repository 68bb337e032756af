import Testing

@testable import Telemetry

@Suite("Metrics")
struct PrometheusTextTests {
  private func text(_ families: MetricFamily...) -> String {
    String(decoding: PrometheusText.encode(families), as: UTF8.self)
  }

  @Test("a family is written with its help, its kind and its numbers")
  func family() {
    var family = MetricFamily("jobs_total", .counter, "Jobs\nwith a \\ and a \".")
    family.add(3, labels: [("kind", "a\"b\\c\nd"), ("empty", "")])
    family.add(0.25)
    #expect(
      text(family) == #"""
        # HELP jobs_total Jobs\nwith a \\ and a ".
        # TYPE jobs_total counter
        jobs_total{kind="a\"b\\c\nd",empty=""} 3
        jobs_total 0.25

        """#)
    #expect(text(MetricFamily("none", .gauge, "Nothing.")).isEmpty)
  }

  @Test("a histogram's buckets add up, each with what is at its bound")
  func histogram() {
    let histogram = Histogram(bounds: [1, 0.5])
    for milliseconds in [500, 501, 1000, 7000] { histogram.observe(.milliseconds(milliseconds)) }
    #expect(
      text(MetricFamily("wait_seconds", "Waiting.", histogram: histogram)) == """
        # HELP wait_seconds Waiting.
        # TYPE wait_seconds histogram
        wait_seconds_bucket{le="0.5"} 1
        wait_seconds_bucket{le="1"} 3
        wait_seconds_bucket{le="+Inf"} 4
        wait_seconds_sum 9.001
        wait_seconds_count 4

        """)
  }

  @Test("numbers are written as Prometheus reads them")
  func numbers() {
    #expect(PrometheusText.number(.infinity) == "+Inf" && PrometheusText.number(.nan) == "NaN")
    #expect(PrometheusText.number(9_007_199_254_740_991) == "9007199254740991")
    #expect(PrometheusText.number(-1.5e300) == "-1.5e+300" && PrometheusText.number(0) == "0")
  }

  @Test("counters lose nothing when many count at once")
  func counters() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { for _ in 0..<10_000 { counter.add() } } }
    }
    #expect(counter.value == 80_000)
  }

  @Test("the process tells its processor time, memory and descriptors")
  func process() {
    let text = String(decoding: PrometheusText.encode(ProcessFamilies.read()), as: UTF8.self)
    for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds"] {
      #expect(text.contains("\nprocess_\(name) "), "\(name)")
    }
    #expect(!text.contains("\nprocess_open_fds 0\n") && !text.contains("\nprocess_resident_memory_bytes 0\n"))
  }
}
