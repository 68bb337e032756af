import Testing

@testable import Fleet

@Suite("User-driven scans on the command line")
struct DrivenScanTests {
  @Test("a bundle is a directory, and perhaps the options file after the separator")
  func parse() throws {
    #expect(try DrivenScan.parse("app") == .init(base: "app"))
    #expect(try DrivenScan.parse("app:dev.yaml") == .init(base: "app", options: "dev.yaml"))
    #expect(try DrivenScan.parse("a:b,x.yaml", separator: ",") == .init(base: "a:b", options: "x.yaml"))
    #expect(try DrivenScan.parse("a::b", separator: "::") == .init(base: "a", options: "b"))
    for (text, separator) in [("a:b:c", ":"), ("a", "")] {
      #expect(throws: FleetError.self) { try DrivenScan.parse(text, separator: separator) }
    }
  }

  @Test("the separator is the first that occurs in no path")
  func separator() throws {
    #expect(try DrivenScan.separator(for: [.init(base: "a", options: "b")]) == ":")
    #expect(try DrivenScan.separator(for: [.init(base: "a:b"), .init(base: "c", options: "d,e|f")]) == "?")
    #expect { try DrivenScan.separator(for: [.init(base: ":,|?<>")]) } throws: {
      ($0 as? FleetError)?.key == "spec.bundles"
    }
  }
}
