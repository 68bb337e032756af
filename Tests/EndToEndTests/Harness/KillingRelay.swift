import Foundation
import class TestSupport.RunningCommand

/// A TCP relay between an agent and what it talks to, which counts what the agent does and kills it (`kill -9`) at the n-th of it.
final class KillingRelay: Sendable {
  /// What is counted.
  enum Counting: String, Sendable {
    /// Requests that change something at a Kubernetes API server, without dry runs. Needs plain HTTP.
    case writes
    /// Whatever arrives, from either side.
    case chunks
  }

  /// When the agent is killed.
  enum Moment: String, Sendable, CaseIterable {
    /// What was counted never arrives.
    case before
    /// It arrives, and the answer never does.
    case after
  }

  let port: Int
  private let directory: String
  private let process: RunningCommand

  init(_ name: String, to upstream: Int, counting: Counting) async throws {
    port = try freePort()
    directory = try Places.directory("relays/\(name)")
    let script = directory + "/relay.py"
    try Data(Self.script.utf8).write(to: URL(fileURLWithPath: script))
    process = try command(["python3", script, "\(port)", "\(upstream)", directory, counting.rawValue])
      .start(log: directory + "/log")
    try await eventually("the relay \(name) listens", every: .milliseconds(20)) {
      try require(FileManager.default.fileExists(atPath: directory + "/ready"), process.output)
    }
  }

  /// Counts from now on, and kills a process at the n-th.
  func arm(_ process: Int32, at number: Int, _ moment: Moment) throws {
    try? FileManager.default.removeItem(atPath: directory + "/fired")
    let text = "\(UUID().uuidString) \(process) \(number) \(moment.rawValue)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/arm"), options: .atomic)
  }

  /// Kills nobody any more.
  func disarm() { try? FileManager.default.removeItem(atPath: directory + "/arm") }

  func stop() { process.kill() }

  private static let script = """
    from asyncio import gather, open_connection, run, start_server
    from os import kill as signal
    from sys import argv

    port, upstream, directory, counting = int(argv[1]), int(argv[2]), argv[3], argv[4]
    armed, count = None, 0

    def hit():
        # The moment to kill at, if this is it.
        global armed, count
        try:
            token, process, number, moment = open(directory + "/arm").read().split()
        except FileNotFoundError:
            armed = None
            return None
        if token != armed:
            armed, count = token, 0
        count += 1
        return (int(process), moment) if count == int(number) else None

    def kill(process):
        signal(process, 9)
        open(directory + "/fired", "w").close()

    def counts(data, from_agent):
        if counting == "chunks":
            return True
        line = data.split(b"\\r\\n", 1)[0]
        return from_agent and line.startswith((b"POST ", b"PUT ", b"PATCH ", b"DELETE ")) and b"dryRun" not in line

    async def copy(reader, writer, from_agent, state):
        try:
            while data := await reader.read(1 << 18):
                if state["victim"] and not from_agent:
                    return kill(state["victim"])
                found = hit() if counts(data, from_agent) else None
                if found and found[1] == "before":
                    return kill(found[0])
                writer.write(data)
                await writer.drain()
                if found and counting == "chunks":
                    return kill(found[0])
                if found:
                    state["victim"] = found[0]
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader, writer):
        try:
            up_reader, up_writer = await open_connection("127.0.0.1", upstream)
        except OSError:
            return writer.close()
        state = {"victim": 0}
        await gather(copy(reader, up_writer, True, state), copy(up_reader, writer, False, state))

    async def main():
        server = await start_server(serve, "127.0.0.1", port)
        open(directory + "/ready", "w").close()
        await server.serve_forever()

    run(main())
    """
}
