import Confinement
import Foundation

/// Perl is on every Debian, and reaches far enough down to try what it should not.
enum Perl {
  static func command(
    _ program: String, environment: [String: String] = [:], directory: String? = nil,
    limits: ConfinementLimits = ConfinementLimits(wallClock: .seconds(60)), network: NetworkAccess = .none,
    readable: [String]? = nil, writable: [String] = [], startsProcesses: Bool = false
  ) -> ConfinedCommand {
    ConfinedCommand(
      executable: "/usr/bin/perl", arguments: ["-e", program], environment: environment, directory: directory,
      limits: limits, network: network, readable: readable, writable: writable, startsProcesses: startsProcesses)
  }

  /// Runs it and returns its output as text.
  static func text(_ command: ConfinedCommand, input: String = "") async throws -> String {
    let output = try await command.run(input: Array(input.utf8))
    return String(decoding: output.output, as: UTF8.self) + output.errorOutput
  }

  /// The processes of a session that are not dead, zombies left out.
  static func living(session: Int32) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
      guard let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 4
      else { return false }
      return fields[0] != "Z" && fields[3] == "\(session)"
    }
  }
}
