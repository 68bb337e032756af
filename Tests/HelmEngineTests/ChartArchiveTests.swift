import Document
import Testing

@testable import HelmEngine

@Suite struct ChartArchiveTests {
  private let engine = HelmEngine()
  private let release = ReleaseIdentity(name: "shop", namespace: "store")

  private func refusal(_ files: [ChartFile]) -> HelmError.Code? {
    do {
      _ = try ChartArchive.pack(Chart(files: files))
      return nil
    } catch {
      return error.code
    }
  }

  @Test("a file of the largest size loads in Helm, and one byte more is refused before")
  func largestFile() async throws {
    var chart = chart(template: "size: {{ len (.Files.Get \"data.bin\") }}\n")
    chart.files.append(ChartFile(path: "data.bin", contents: [UInt8](repeating: 97, count: Limits.chartFileBytes)))
    let rendered = try await engine.render(chart: chart, release: release)
    #expect(rendered.manifests.contains("size: \(Limits.chartFileBytes)"))
    chart.files[2].contents.append(97)
    #expect(refusal(chart.files) == .invalidChart)
  }

  @Test("long and unusual paths reach the templates", arguments: [1, 99, 100, 101, 150, 255, 900])
  func longPaths(length: Int) async throws {
    let path = "files/" + (0..<length).map { $0 % 40 == 39 ? "/" : "ä" }.joined() + "x"
    guard path.utf8.count <= Limits.chartPathBytes else {
      return #expect(refusal([ChartFile(path: path, text: "")]) != nil)
    }
    var chart = chart(template: "found: {{ .Files.Get .Values.path }}\n")
    chart.files.append(ChartFile(path: path, text: "yes"))
    let rendered = try await engine.render(chart: chart, values: ["path": .string(path)], release: release)
    #expect(rendered.manifests.contains("found: yes"))
  }

  @Test(
    "a path that leaves the chart is refused",
    arguments: ["../Chart.yaml", "templates/../../x", "/etc/passwd", "a//b", "a/./b", "", "a/"])
  func hostilePaths(path: String) {
    #expect(refusal([ChartFile(path: path, text: "")]) == .invalidChart)
  }

  @Test("a path that would end early in Helm is refused")
  func zeroByteInPath() {
    #expect(refusal([ChartFile(path: "Chart.yaml\0.txt", text: "")]) == .invalidChart)
  }

  @Test("limits on files, paths and bytes hold at their edges")
  func limits() {
    let many = (0..<Limits.chartFiles).map { ChartFile(path: "f\($0)", contents: []) }
    #expect(refusal(many) == nil)
    #expect(refusal(many + [ChartFile(path: "one-more", contents: [])]) == .invalidChart)
    #expect(refusal([ChartFile(path: String(repeating: "p", count: Limits.chartPathBytes), contents: [])]) == nil)
    #expect(
      refusal([ChartFile(path: String(repeating: "p", count: Limits.chartPathBytes + 1), contents: [])])
        == .invalidChart)
  }

  @Test("a chart that is none is refused with Helm's reason", arguments: ["", "name: x\n", "[]", "a: b: c"])
  func notACharts(yaml: String) async {
    let error = await #expect(throws: HelmError.self) {
      _ = try await engine.render(
        chart: Chart(files: [ChartFile(path: "Chart.yaml", text: yaml)]), release: release)
    }
    #expect(error?.code == .invalidChart, "\(error?.message ?? "")")
  }
}
