import Foundation
import TestSupport
import Testing

@testable import Confinement

@Suite("A confined command's limits", .timeLimit(.minutes(5)))
struct LimitTests {
  func failure(_ command: ConfinedCommand, input: [UInt8] = []) async -> ConfinementError? {
    await #expect(throws: ConfinementError.self) { try await command.run(input: input) }
  }

  @Test("Time: it is killed, whatever it does to its signals")
  func time() async throws {
    let started = ContinuousClock.now
    let command = Perl.command(
      "$SIG{TERM} = $SIG{INT} = 'IGNORE'; sleep 1000", limits: ConfinementLimits(wallClock: .milliseconds(300)))
    let error = await failure(command)
    #expect(error?.code == .timeLimit && error?.message.contains("0.3 seconds") == true)
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test("Processor time: a loop ends, also one that ignores the warning")
  func processorTime() async throws {
    let limits = ConfinementLimits(wallClock: .seconds(120), cpuSeconds: 1)
    #expect(await failure(Perl.command("1 while 1", limits: limits))?.code == .cpuLimit)
    let deaf = Perl.command("$SIG{XCPU} = 'IGNORE'; 1 while 1", limits: limits)
    #expect(await failure(deaf)?.code == .cpuLimit)
  }

  @Test("Output: as many bytes as allowed pass, and one more is an error")
  func output() async throws {
    let limits = ConfinementLimits(outputBytes: 100_000)
    let full = try await Perl.command("print 'x' x 100_000", limits: limits).run()
    #expect(full.output.count == 100_000)
    #expect(await failure(Perl.command("print 'x' x 100_001", limits: limits))?.code == .outputLimit)
    #expect(await failure(Perl.command("print 'x' x 65536 while 1", limits: limits))?.code == .outputLimit)
  }

  @Test("Errors: the beginning and the end are kept, and more is no error")
  func errors() async throws {
    let limits = ConfinementLimits(errorBytes: 10)
    let script = "print STDERR 'first'; print STDERR 'x' x 1_000_000; print STDERR '-last'"
    let output = try await Perl.command(script, limits: limits).run()
    #expect(output.errorOutput == "first\n[1000000 bytes left out]\n-last")
    let exact = try await Perl.command("print STDERR 'first-last'", limits: limits).run()
    #expect(exact.errorOutput == "first-last")
  }

  @Test("Memory: more than allowed is not given")
  func memory() async throws {
    func allocate(_ megabytes: Int) -> ConfinedCommand {
      Perl.command("$x = 'x' x (\(megabytes) << 20); print 'got it'", limits: ConfinementLimits(memoryBytes: 96 << 20))
    }
    #expect(try await Perl.text(allocate(16)) == "got it")
    #expect(try await allocate(128).run().errorOutput.contains("Out of memory"))
  }

  @Test("Files: one of the allowed size is written, a larger one is not")
  func files() async throws {
    try await withTemporaryDirectory { directory in
      func write(_ bytes: Int) -> ConfinedCommand {
        Perl.command(
          "open F, '>', 'f'; print F 'x' x \(bytes); close F", directory: directory,
          limits: ConfinementLimits(fileBytes: 50_000), writable: [directory])
      }
      let written = try await write(50_000).run()
      #expect(written.status == 0)
      #expect(await failure(write(50_001))?.code == .fileLimit)
    }
  }

  @Test("Descriptors: as many as allowed open, and no more")
  func descriptors() async throws {
    let script = "while (open my $f, '<', '/dev/null') { push @f, $f; last if @f > 100 } print scalar @f"
    #expect(try await Perl.text(Perl.command(script, limits: ConfinementLimits(openFiles: 20))) == "17")
  }

  @Test("A crash says with which signal, and what the program had to say")
  func crash() async throws {
    let error = await failure(Perl.command("print STDERR 'oh'; kill 'SEGV', $$"))
    #expect(error?.code == .crashed, "\(String(describing: error))")
    #expect(error?.message == "perl crashed with signal 11: oh")
  }

  @Test("What is known of memory: the words of Go's runtime at its own exit, or a crash with the memory nearly full")
  func outOfMemory() {
    let limits = ConfinementLimits(memoryBytes: 100 << 20)
    func code(_ end: ChildEnd, _ text: String = "") -> ConfinementError.Code? {
      end.error(program: "p", limits: limits, errorOutput: text)?.code
    }
    let go = "runtime: out of memory: cannot allocate 4194304-byte block\nfatal error: out of memory"
    #expect(code(ChildEnd(status: 2), go) == .memoryLimit)
    #expect(code(ChildEnd(signal: SIGABRT), "fatal error: runtime: C malloc failed") == .memoryLimit, "cgo's own check")
    #expect(code(ChildEnd(status: 1), go) == nil, "a message that quotes the words")
    #expect(code(ChildEnd(status: 2), "unknown field") == nil)
    #expect(code(ChildEnd(signal: SIGABRT, residentBytes: 80 << 20)) == .memoryLimit)
    #expect(code(ChildEnd(signal: SIGABRT, residentBytes: 10 << 20)) == .crashed)
    #expect(code(ChildEnd(signal: SIGKILL, cpuSeconds: 60)) == .cpuLimit)
    #expect(code(ChildEnd(signal: SIGKILL, cpuSeconds: 1)) == .crashed)
  }
}
