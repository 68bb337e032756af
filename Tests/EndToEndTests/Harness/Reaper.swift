import Foundation
import Synchronization

/// Ends everything the tests started once the test process is gone, however it went: a shell that waits for the end of its
/// input, which comes at a crash and at `kill -9` as well as at a normal end.
///
/// What the tests start is told by its command line, which names the scratch directory: managers, agents, control planes,
/// and whatever those and the tests' own scripts have started in turn.
enum Reaper {
  private static let program = """
    trap '' INT TERM HUP
    read -r
    for attempt in 1 2 3 4 5; do
      left=no
      for process in /proc/[0-9]*; do
        [[ $process != /proc/$$ ]] && grep -qsF "$1" "$process/cmdline" || continue
        kill -KILL "${process#/proc/}" && left=yes
      done
      [[ $left == yes ]] || break
      sleep 0.2
    done
    [[ -n ${FLOTILLA_KEEP:-} ]] || rm -rf "$1"
    """

  /// Nothing is written to these: their end is the signal.
  private static let inputs = Mutex<[FileHandle]>([])

  /// Begins to wait, for a directory that this test process has for itself.
  static func watch(_ directory: String) {
    let pipe = Pipe()
    // A child that inherited this end would keep the reaper waiting.
    _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-c", program, "reaper", directory]
    shell.standardInput = pipe.fileHandleForReading
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    inputs.withLock { $0.append(pipe.fileHandleForWriting) }
    // Without bash nothing else of these tests runs either.
    try? shell.run()
  }
}
