import Foundation
import TestSupport
import Testing

@testable import Confinement

@Suite("What a confined command cannot reach", .timeLimit(.minutes(5)))
struct PrivilegeTests {
  /// Listens on a port of the loopback interface, and says which.
  func listen() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && Foundation.listen(descriptor, 8) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    #expect(result)
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  @Test("The network: no connection to a listener of this machine, no datagram, no local socket; unless it is allowed")
  func network() async throws {
    let (descriptor, port) = try listen()
    defer { close(descriptor) }
    let script = """
      use Socket;
      for ([AF_INET, SOCK_STREAM], [AF_INET, SOCK_DGRAM], [AF_UNIX, SOCK_STREAM]) {
        print socket(my $s, $$_[0], $$_[1], 0) ? "made" : "$!", "\\n";
        print connect($s, sockaddr_in(\(port), inet_aton('127.0.0.1'))) ? "connected\\n" : "" if $$_[1] == SOCK_STREAM;
      }
      print socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) ? "pair" : "$!", "\\n";
      """
    let refused = try await Perl.text(Perl.command(script))
    #expect(refused == "Permission denied\nPermission denied\nPermission denied\npair\n")
    let allowed = try await Perl.text(Perl.command(script, network: .allowed))
    #expect(allowed == "made\nconnected\nmade\nmade\npair\n")
  }

  @Test("Files outside of what may be read or written", .enabled(if: Confinement.isFilesystemConfined))
  func files() async throws {
    try await withTemporaryDirectory { directory in
      let manager = FileManager.default
      for name in ["in", "out", "elsewhere"] {
        try manager.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
        try "secret".write(toFile: "\(directory)/\(name)/file", atomically: true, encoding: .utf8)
      }
      try manager.createSymbolicLink(atPath: directory + "/in/link", withDestinationPath: directory + "/elsewhere/file")
      try manager.createSymbolicLink(
        atPath: directory + "/out/link", withDestinationPath: directory + "/elsewhere/file")
      let script = """
        sub try { my ($mode, $file) = @_; print "$mode $file ", open(my $f, $mode, $file) ? "yes" : "no", "\\n" }
        try('<', $_) for 'in/file', 'in/link', 'in/../elsewhere/file', 'elsewhere/file', '/etc/passwd', '/proc/self/stat';
        try('>>', $_) for 'in/file', 'in/new', 'out/file', 'out/new', 'out/link', 'elsewhere/new', '/dev/null';
        print "list ", opendir(my $d, 'elsewhere') ? "yes" : "no", "\\n";
        print "remove ", unlink('in/file') ? "yes" : "no", "\\n";
        print "move ", rename('out/file', 'elsewhere/moved') ? "yes" : "no", "\\n";
        """
      let expected = """
        < in/file yes
        < in/link no
        < in/../elsewhere/file no
        < elsewhere/file no
        < /etc/passwd no
        < /proc/self/stat no
        >> in/file no
        >> in/new no
        >> out/file yes
        >> out/new yes
        >> out/link no
        >> elsewhere/new no
        >> /dev/null yes
        list no
        remove no
        move no

        """
      let readable = ConfinedCommand.systemLibraries + [directory + "/in", "/no/such/directory"]
      let command = Perl.command(script, directory: directory, readable: readable, writable: [directory + "/out"])
      #expect(try await Perl.text(command) == expected)
      // With reading left open, writing is confined all the same.
      var open = command
      open.readable = nil
      open.arguments[1] += "\nprint -r '/etc/passwd' ? 'r' : ''"
      let text = try await Perl.text(open)
      #expect(text.contains("< elsewhere/file yes") && text.contains(">> elsewhere/new no") && text.hasSuffix("r"))
    }
  }

  @Test("Processes: none can be started where none are wanted, and no signal leaves")
  func processes() async throws {
    #expect(try await Perl.text(Perl.command("print defined(fork) ? 'forked' : 'none'")) == "none")
    let signals = "print kill(0, $$), kill(0, getppid), kill('TERM', -1), kill(0, 1)"
    #expect(try await Perl.text(Perl.command(signals)) == "1000")
    let threads = try await Perl.text(Perl.command("print system('/bin/true')"))
    #expect(threads == "-1")
  }

  @Test("The session: what it started cannot leave it, and all of it dies with it, however it ends")
  func session() async throws {
    try await withTemporaryDirectory { directory in
      let tree = """
        open F, '>', 'session'; print F $$; close F;
        use POSIX; fork for 1..5; $SIG{$_} = 'IGNORE' for qw(TERM HUP INT); POSIX::setsid() > 0 and print "left";
        """
      func run(_ end: String, _ limits: ConfinementLimits = .init()) async throws -> (Result<String, any Error>, Int32)
      {
        let command = Perl.command(
          tree + end, directory: directory, limits: limits, writable: [directory], startsProcesses: true)
        let result: Result<String, any Error>
        do { result = .success(try await Perl.text(command)) } catch { result = .failure(error) }
        return (result, try #require(Int32(try String(contentsOfFile: directory + "/session", encoding: .utf8))))
      }
      let (late, first) = try await run("sleep 1000", ConfinementLimits(wallClock: .seconds(2)))
      #expect((try? late.get()) == nil)
      try await eventually("none is left after the time limit") { Perl.living(session: first).isEmpty }
      let pid = "open F, '<', 'session'; "
      let (ended, second) = try await run(pid + "sleep 1000 unless <F> eq $$")
      #expect(try ended.get() == "", "its end is not waited for beyond its own")
      try await eventually("none is left after its end") { Perl.living(session: second).isEmpty }
    }
  }

  @Test("The kernel: no tracing, mounting, keyrings, namespaces, or limits and memory of others")
  func kernel() async throws {
    #if arch(x86_64)
      let calls = [
        "ptrace": 101, "mount": 165, "unshare": 272, "bpf": 321, "keyctl": 250, "setns": 308, "io_uring_setup": 425,
        "kexec_load": 246, "perf_event_open": 298, "userfaultfd": 323, "process_vm_readv": 310, "chroot": 161,
      ]
      let prlimit = 302
    #else
      let calls = [
        "ptrace": 117, "mount": 40, "unshare": 97, "bpf": 280, "keyctl": 219, "setns": 268, "io_uring_setup": 425,
        "kexec_load": 104, "perf_event_open": 241, "userfaultfd": 282, "process_vm_readv": 270, "chroot": 51,
      ]
      let prlimit = 261
    #endif
    for (name, number) in calls {
      let text = try await Perl.text(Perl.command("print syscall(\(number), 0, 0, 0, 0, 0) < 0 ? \"$!\" : 'done'"))
      #expect(text == "Operation not permitted", "\(name)")
    }
    let others = "$l = pack('QQ', 5, 5); print syscall(\(prlimit), getppid, 7, $l, 0) < 0 ? \"$!\" : 'done'"
    #expect(try await Perl.text(Perl.command(others)) == "Operation not permitted")
  }
}
