import TestSupport
import Testing

@testable import Fleet

/// Archives of charts come from servers of strangers (notes/reliability.md, test 24).
@Suite("Chart archives")
struct ChartArchiveTests {
  private func refusal(_ fill: (inout HostileArchive) -> Void) throws -> FleetError? {
    var archive = HostileArchive()
    archive.add("web/Chart.yaml", "name: web\nversion: 1.0.0\n")
    fill(&archive)
    return refusal(of: try archive.compressed)
  }

  private func refusal(of bytes: [UInt8]) -> FleetError? {
    do throws(FleetError) {
      _ = try ChartArchiveReader.files(of: bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test("a chart's files come without the outermost directory, sorted, under long names of every kind")
  func reads() throws {
    let long = String(repeating: "d/", count: 60) + "file.yaml"
    let pax = "web/\(long)"
    let record = " path=\(pax)\n"
    var archive = HostileArchive()
    archive.add("web/", "", type: "5")
    archive.add("./web/values.yaml", "a: 1")
    archive.add("web/Chart.yaml", "name: web\nversion: 1.0.0\n")
    archive.add("pax", "\(record.utf8.count + 3)\(record)", type: "x")
    archive.add("short", "from pax")
    archive.add("././@LongLink", "web/gnu/\(long)\u{0}", type: "L", magic: "ustar  \u{0}")
    archive.add("short", "from gnu", magic: "ustar  \u{0}")
    archive.add("name.yaml", "from ustar", prefix: "web/prefix")
    archive.add("pax_global_header", "19 comment=abcdefg\n", type: "g")
    let bytes = try archive.compressed
    let chart = try ChartArchiveReader.chart(of: bytes)
    #expect(chart.name == "web" && chart.version == "1.0.0" && chart.archive == bytes)
    #expect(chart.files.map(\.path) == ["Chart.yaml", long, "gnu/\(long)", "prefix/name.yaml", "values.yaml"])
    #expect(chart.files[1].bytes == Array("from pax".utf8) && chart.files[2].bytes == Array("from gnu".utf8))
  }

  @Test("what is written is read again, the same bytes each time")
  func writes() throws {
    let long = "web/" + String(repeating: "x", count: 200)
    func write() throws -> [UInt8] {
      var writer = TarWriter()
      writer.add("web/Chart.yaml", Array("name: web\nversion: 1.0.0\n".utf8))
      writer.add(long, [UInt8](repeating: 7, count: 513))
      return try Gzip.compress(writer.finished())
    }
    let files = try ChartArchiveReader.files(of: write())
    #expect(files.map(\.path) == ["Chart.yaml", String(long.dropFirst(4))] && files[1].bytes.count == 513)
    #expect(try write() == write())
  }

  @Test(
    "entries that a chart has no use for are refused by name",
    arguments: [
      ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a device"), ("4", "a device"), ("6", "a named pipe"),
      ("S", "a sparse file"), ("K", "a link"), ("Z", "an entry of type 90"),
    ] as [(Character, String)])
  func types(type: Character, name: String) throws {
    let error = try refusal { $0.add("web/bad", "", type: type, link: "/etc/passwd") }
    #expect(error?.code == .invalidTree && error?.file == "web/bad" && error?.message.contains(name) == true)
  }

  @Test(
    "paths that leave the archive or mean two things are refused by name",
    arguments: [
      ("/etc/passwd", "absolute"), ("../up", "leads out"), ("web/../../up", "leads out"), ("web/..", "leads out"),
      ("web\\up", "backslash"), ("web/Chart.yaml", "twice"), ("web/./Chart.yaml", "twice"), ("web/CHART.yaml", "twice"),
      ("web/Chart.yaml/x", "is a file of the archive"), ("", "without a name"),
    ])
  func paths(path: String, reason: String) throws {
    let error = try refusal { $0.add(path) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test("two Unicode forms of one name are one name, and a file cannot also be a directory")
  func twins() throws {
    let forms = try refusal {
      $0.add("web/caf\u{E9}")
      $0.add("web/cafe\u{301}")
    }
    #expect(forms?.code == .invalidTree && forms?.message.contains("twice") == true)
    let below = try refusal {
      $0.add("web/a/b")
      $0.add("web/a")
    }
    #expect(below?.message == "is in the archive as a file and as a directory")
  }

  @Test("extended headers cannot smuggle in what a plain one may not say")
  func extendedHeaders() throws {
    func pax(_ records: String...) throws -> FleetError? {
      try refusal {
        $0.add("pax", records.joined(), type: "x")
        $0.add("web/ok")
      }
    }
    #expect(try pax("18 path=../escape\n")?.message == "leads out of the archive")
    #expect(try pax("15 path=web/\u{0}\u{0}\n")?.message == "has a zero byte in its name")
    #expect(try pax("22 GNU.sparse.major=1\n")?.message.contains("sparse") == true)
    #expect(try pax("20 size=99999999999\n")?.message == "the archive is cut off")
    for damaged in ["x", "9 path=a", "99 path=a\n", "5 a\n\n", "0 path=a\n", "-1 a=b\n", "12 size=-100\n"] {
      #expect(try pax(damaged)?.code == .corruptContent, "\(damaged)")
    }
    let long = try refusal { $0.add("pax", String(repeating: "x", count: Limits.archiveHeaderBytes + 1), type: "x") }
    #expect(long?.code == .limitExceeded && long?.message.contains("archiveHeaderBytes") == true)
    let deep = try refusal {
      $0.add("l", String(repeating: "d/", count: Limits.pathDepth) + "f", type: "L"); $0.add("s")
    }
    #expect(deep?.code == .limitExceeded && deep?.message.contains("pathDepth") == true)
    let longName = try refusal {
      $0.add("l", String(repeating: "d", count: Limits.pathBytes + 1), type: "L"); $0.add("s")
    }
    #expect(longName?.code == .limitExceeded && longName?.message.contains("pathBytes") == true)
  }

  @Test("damaged and cut archives are refused, and none makes the reader read past the end")
  func damage() throws {
    #expect(try refusal { $0.add("web/a", checksum: 1) }?.message.contains("checksum") == true)
    for size in ["99999999999", "not a size!", "77777777777", "\u{7F}           "] {
      #expect(try refusal { $0.add("web/a", size: size) }?.code == .corruptContent)
    }
    var archive = HostileArchive()
    archive.add("web/Chart.yaml", String(repeating: "x", count: 2000))
    for length in stride(from: 1, to: archive.tar.count, by: 97) where length % 512 != 0 || length < 2560 {
      let cut = Array(archive.tar.prefix(length))
      let error = refusal(of: try Gzip.compress(cut))
      #expect(error?.code == .corruptContent || length >= 2512, "\(length)")
    }
    for bytes in [[], [0x1F, 0x8B], Array("not gzip at all".utf8), Array(try archive.compressed.dropLast(9))] {
      #expect(refusal(of: bytes)?.code == .corruptContent)
    }
    #expect(refusal(of: try Gzip.compress(Array(repeating: 0xFF, count: 1024)))?.code == .corruptContent)
    #expect(try ChartArchiveReader.files(of: Gzip.compress([])).isEmpty)
    var random = SplitMix(state: 7)
    for _ in 0..<300 {
      var tar = archive.tar
      for _ in 0..<4 { tar[Int(random.next() % 512)] = UInt8(truncatingIfNeeded: random.next()) }
      _ = refusal(of: try Gzip.compress(tar))
    }
  }

  @Test("bombs stop at the limit of bytes, of entries or of the ratio, and say which")
  func bombs() throws {
    let zeros = try Gzip.compress([UInt8](repeating: 0, count: 40 << 20))
    let elapsed = ProcessorTime.measure {
      let error = refusal(of: zeros)
      #expect(error?.code == .limitExceeded && error?.message.contains("(chartRatio)") == true)
    }
    #expect(elapsed < .seconds(1))
    let entries = try refusal { archive in for index in 0..<Limits.chartEntries { archive.add("web/\(index)", "") } }
    #expect(entries?.message.contains("(chartEntries)") == true || entries?.message.contains("(chartRatio)") == true)
    let large = refusal(of: [UInt8](repeating: 0, count: Limits.chartArchiveBytes + 1))
    #expect(large?.message.contains("(chartArchiveBytes)") == true)
    var random = SplitMix(state: 1)
    let noise = (0..<(1 << 20)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var stretched = noise
    while stretched.count <= Limits.chartBytes { stretched += [UInt8](repeating: 0, count: 16 << 20) }
    #expect(refusal(of: try Gzip.compress(stretched))?.message.contains("(chartBytes)") == true)
  }

  @Test("a bomb inside the archive is a file like any other: nothing in it is unpacked")
  func nested() throws {
    let bomb = try Gzip.compress([UInt8](repeating: 0, count: 20 << 20))
    var writer = TarWriter()
    writer.add("web/Chart.yaml", Array("name: web\nversion: 1.0.0\n".utf8))
    writer.add("web/charts/bomb-1.tgz", bomb)
    let files = try ChartArchiveReader.files(of: Gzip.compress(writer.finished()))
    #expect(files.last?.bytes == bomb)
  }

  @Test("an archive that holds no chart says so")
  func noChart() throws {
    for (path, text) in [("web/values.yaml", "a: 1"), ("web/Chart.yaml", "- a"), ("web/Chart.yaml", "name: [")] {
      var archive = HostileArchive()
      archive.add(path, text)
      let bytes = try archive.compressed
      #expect { try ChartArchiveReader.chart(of: bytes) } throws: { "\($0)".contains("Chart.yaml") }
    }
  }
}
