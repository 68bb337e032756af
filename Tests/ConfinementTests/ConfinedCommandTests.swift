import Foundation
import TestSupport
import Testing

@testable import Confinement

@Suite("A confined command", .timeLimit(.minutes(5)))
struct ConfinedCommandTests {
  @Test("It gets its input, arguments, directory and environment, and its output comes back whole")
  func runs() async throws {
    let script = "print STDERR 'why'; print join('|', @ARGV, <STDIN>, map({\"$_=$ENV{$_}\"} sort keys %ENV)); exit 3"
    var command = Perl.command(script, environment: ["ONLY": "this"], directory: "/usr")
    command.arguments += ["a b", ""]
    let output = try await command.run(input: Array("in\nput".utf8))
    #expect(output.status == 3 && output.errorOutput == "why")
    #expect(String(decoding: output.output, as: UTF8.self) == "a b||in\n|put|ONLY=this")
    #expect(try await Perl.text(Perl.command("use Cwd; print getcwd()", directory: "/usr")) == "/usr")
  }

  @Test("Input and output larger than any pipe pass, both at once, and input that is not read holds nothing up")
  func large() async throws {
    let input = [UInt8](repeating: 7, count: 8 << 20)
    let command = ConfinedCommand(executable: "cat")
    #expect(try await command.run(input: input).output == input)
    #expect(try await Perl.command("exit 0").run(input: input).output.isEmpty)
  }

  @Test("A program that is not there, or cannot run, is named")
  func missing() async throws {
    for (program, code) in [
      ("no-such-program", ConfinementError.Code.notFound), ("/no/such/program", .notFound),
      ("/etc/passwd", .cannotStart),
    ] {
      let error = await #expect(throws: ConfinementError.self) { try await ConfinedCommand(executable: program).run() }
      #expect(error?.code == code && error?.message.contains(program) == true)
    }
    let nowhere = await #expect(throws: ConfinementError.self) {
      try await Perl.command("1", directory: "/no/such").run()
    }
    #expect(nowhere?.code == .cannotStart && nowhere?.message.contains("/no/such") == true)
    let limitless = await #expect(throws: ConfinementError.self) {
      try await Perl.command("1", limits: ConfinementLimits(cpuSeconds: 0)).run()
    }
    #expect(limitless?.code == .invalidArgument && limitless?.message.contains("cpuSeconds") == true)
  }

  @Test("It has no descriptor, capability or terminal of ours, and dies with us")
  func nothingInherited() async throws {
    let open = open("/dev/null", O_RDONLY)
    defer { close(open) }
    #expect(fcntl(open, F_SETFD, 0) == 0, "it is inherited, unless it is closed")
    // The directory that is being read is open itself.
    let descriptors = "opendir D, '/proc/self/fd'; print join ' ', sort grep {/\\d/} readdir D"
    #expect(try await Perl.text(Perl.command(descriptors)) == "0 1 2 3")
    // Not by Perl, which ignores a signal of its own.
    let status = try await Perl.text(ConfinedCommand(executable: "cat", arguments: ["/proc/self/status"]))
    for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
      #expect(status.contains(line))
    }
    for line in ["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"] {
      #expect(status.contains(line), "\(status)")
    }
    #expect(try await Perl.text(Perl.command("print open(F, '/dev/tty') ? 'open' : 'none'")) == "none")
    #if arch(x86_64)
      let prctl = 157
    #else
      let prctl = 167
    #endif
    let signal = "$b = pack('L', 0); syscall(\(prctl), 2, $b); print unpack('L', $b)"
    #expect(try await Perl.text(Perl.command(signal)) == "9")
  }

  @Test("Hundreds at once each have their turn", .timeLimit(.minutes(2)))
  func many() async throws {
    let count = 300
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<count {
        group.addTask {
          Int(
            String(
              decoding: try await ConfinedCommand(executable: "cat").run(input: Array("\(index)".utf8)).output,
              as: UTF8.self)) ?? 0
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == count * (count - 1) / 2)
  }

  @Test("Cancelling the task kills it and what it started, and one that waits is not started")
  func cancelled() async throws {
    try await withTemporaryDirectory { directory in
      let task = Task {
        try await Perl.command(
          "fork; open F, '>', 'session'; print F $$; close F; sleep 1000", directory: directory, writable: [directory],
          startsProcesses: true
        ).run()
      }
      let file = directory + "/session"
      try await eventually("it runs") { (try? String(contentsOfFile: file, encoding: .utf8))?.isEmpty == false }
      task.cancel()
      let error = await #expect(throws: ConfinementError.self) { try await task.value }
      #expect(error?.code == .cancelled)
      let refused = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await Perl.command("1").run()
      }
      #expect(await #expect(throws: ConfinementError.self) { try await refused.value }?.code == .cancelled)
    }
  }
}
