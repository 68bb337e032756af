import Foundation
import Synchronization

/// Ends everything the tests started once the test process is gone, however it went: a shell that waits for the end of its
/// input, which comes at a crash and at `kill -9` as well as at a normal end.
final class Reaper: Sendable {
  static let shared = Reaper()

  private static let program = """
    trap '' INT TERM HUP
    declare -A processes
    planes=()
    while read -r verb value; do
      case "$verb" in
        started) processes[$value]=yes ;;
        ended) unset "processes[$value]" ;;
        plane) planes+=("$value") ;;
      esac
    done
    for process in "${!processes[@]}"; do kill -KILL "$process"; done
    for plane in "${planes[@]}"; do "$1" stop --dir "$plane"; done
    [[ -n ${FLOTILLA_KEEP:-} ]] || rm -rf "$2"
    """

  private let input: Mutex<FileHandle?>

  private init() {
    let pipe = Pipe()
    // A child that inherited this end would keep the reaper waiting.
    _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-c", Self.program, "reaper", Places.script("kube-cluster"), Places.scratch]
    shell.standardInput = pipe.fileHandleForReading
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    do {
      try shell.run()
      input = Mutex(pipe.fileHandleForWriting)
    } catch {
      input = Mutex(nil)
    }
  }

  func started(_ process: Int32) { tell("started \(process)") }
  func ended(_ process: Int32) { tell("ended \(process)") }
  func plane(_ directory: String) { tell("plane \(directory)") }

  private func tell(_ line: String) {
    input.withLock { try? $0?.write(contentsOf: Data((line + "\n").utf8)) }
  }
}
