import Confinement
import Foundation
import TestSupport
import Testing

@testable import Kustomizer

@Suite("A kustomizer's limits", .timeLimit(.minutes(5)))
struct LimitTests {
  func failure(
    _ files: [KustomizeFile], tool: String? = nil, _ change: (inout KustomizerLimits) -> Void
  ) async -> KustomizerError? {
    var limits = KustomizerLimits()
    change(&limits)
    do {
      _ = try await Kustomizer(tool: tool, limits: limits).build(files: files, directory: "")
      return nil
    } catch {
      return error
    }
  }

  @Test("Files, their bytes and their paths: as many as allowed are built, and one more is refused by the limit's name")
  func input() async throws {
    let files = Samples.root("resources: [map.yaml]")
    let bytes = files.reduce(0) { $0 + $1.bytes.count }
    let path = "sub/kustomization.yaml".utf8.count
    #expect(await failure(files) { ($0.files, $0.inputBytes, $0.pathBytes) = (4, bytes, path) } == nil)
    for (limit, change): (String, (inout KustomizerLimits) -> Void) in [
      ("files", { $0.files = 3 }), ("inputBytes", { $0.inputBytes = bytes - 1 }),
      ("pathBytes", { $0.pathBytes = path - 1 }),
    ] {
      let error = await failure(files, change)
      #expect(error?.code == .limitExceeded && error?.message.contains("(\(limit))") == true)
    }
  }

  @Test("Output: as many bytes as allowed come back, and one more is refused")
  func output() async throws {
    let files = Samples.root("resources: [map.yaml]")
    let size = try await Kustomizer().build(files: files, directory: "").count
    #expect(await failure(files) { $0.outputBytes = size } == nil)
    let error = await failure(files) { $0.outputBytes = size - 1 }
    #expect(error?.code == .limitExceeded && error?.message.hasPrefix("kustomization.yaml: ") == true)
    #expect(error?.message.contains("outputBytes") == true)
  }

  @Test("Time and processor time: a build without end is killed")
  func time() async throws {
    let sleeping = await failure(Samples.program("sleep 1000"), tool: Samples.perl) {
      $0.wallClock = .milliseconds(200)
    }
    #expect(sleeping?.code == .timeLimit && sleeping?.message.contains("0.2 seconds") == true)
    let busy = await failure(Samples.program("1 while 1"), tool: Samples.perl) { $0.cpuSeconds = 1 }
    #expect(busy?.code == .limitExceeded && busy?.message.contains("cpuSeconds") == true)
  }

  @Test("Memory: kustomize itself is at home in a quarter of what it may have, and says so when it has too little")
  func memory() async throws {
    let files = Samples.root("resources: [map.yaml]")
    #expect(await failure(files) { $0.memoryBytes /= 4 } == nil)
    let error = await failure(files) { $0.memoryBytes = 40 << 20 }
    #expect(error?.code == .limitExceeded, "\(String(describing: error))")
    #expect(error?.message.contains("memoryBytes") == true)
  }

  @Test("Results are kept, and equal builds at the same time are one; a changed byte is another build")
  func cache() async throws {
    let kustomizer = Kustomizer(tool: Samples.perl)
    let program = Samples.program("select(undef, undef, undef, 0.3); print $$")
    let outputs = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<20 { group.addTask { try await kustomizer.build(files: program, directory: "") } }
      return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
    }
    #expect(outputs.count == 1)
    #expect(try await outputs.contains(kustomizer.build(files: program.reversed(), directory: ".")))
    let other = try await kustomizer.build(files: Samples.program("print $$ "), directory: "")
    #expect(!outputs.contains(other))
    #expect(try await !outputs.contains(Kustomizer(tool: Samples.perl).build(files: program, directory: "")))
  }

  @Test("What is kept stays within bytes and entries, and what was not asked for the longest goes first")
  func cacheLimits() throws {
    func key(_ name: String) throws -> Builds.Key {
      Builds.Key(tree: try FileTree([Samples.file(name, "12345678")], limits: KustomizerLimits()), directory: "")
    }
    var cache = ResultCache(entries: 2, bytes: 30)
    for name in ["a", "b"] { cache.insert([0], for: try key(name)) }
    #expect(try cache.bytes == 20 && cache.value(for: key("a")) == [0])
    cache.insert([0], for: try key("c"))
    #expect(try cache.value(for: key("b")) == nil && cache.value(for: key("a")) != nil)
    cache.insert([UInt8](repeating: 0, count: 20), for: try key("d"))
    #expect(cache.count == 1 && cache.bytes == 29)
    cache.insert([UInt8](repeating: 0, count: 22), for: try key("e"))
    #expect(try cache.value(for: key("e")) == nil && cache.count == 1, "larger than all of it")
  }

  @Test("Cancelling one of two who wait leaves the build to the other; nothing stays in the file system")
  func cancelled() async throws {
    let kustomizer = Kustomizer(tool: Samples.perl)
    let marker = UUID().uuidString
    let program = Samples.program("select(undef, undef, undef, 1); print 'built'") + [Samples.file(marker, "")]
    func remains() -> Bool {
      let manager = FileManager.default
      let names = (try? manager.contentsOfDirectory(atPath: NSTemporaryDirectory())) ?? []
      return names.contains {
        $0.hasPrefix("flotilla-kustomize-")
          && manager.fileExists(atPath: "\(NSTemporaryDirectory())/\($0)/bundle/\(marker)")
      }
    }
    let first = Task { try await kustomizer.build(files: program, directory: "") }
    let second = Task { try await kustomizer.build(files: program, directory: "") }
    try await eventually("it runs") { remains() }
    first.cancel()
    #expect(await #expect(throws: KustomizerError.self) { try await first.value }?.code == .cancelled)
    #expect(try await second.value == Array("built".utf8))
    try await eventually("its files are gone") { !remains() }
    let hanging = Samples.program("sleep 1000") + [Samples.file(marker, "")]
    let last = Task { try await kustomizer.build(files: hanging, directory: "") }
    try await eventually("it runs") { remains() }
    last.cancel()
    #expect(await #expect(throws: KustomizerError.self) { try await last.value }?.code == .cancelled)
    try await eventually("its files are gone") { !remains() }
    let failing = Samples.program("die") + [Samples.file(marker, "")]
    #expect(await failure(failing, tool: Samples.perl) { _ in }?.code == .buildFailed)
    #expect(!remains())
  }
}
