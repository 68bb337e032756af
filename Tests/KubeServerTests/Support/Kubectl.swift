import Foundation
import TestSupport

/// The real kubectl, as a user of one server.
struct Kubectl: Sendable {
  let kubeconfig: String
  let directory: String

  /// Runs kubectl to its end, failed or not.
  @discardableResult
  func callAsFunction(
    _ arguments: String..., input: String? = nil, editor: String? = nil
  ) async throws -> Command.Outcome {
    try await command(arguments, input: input, editor: editor).run()
  }

  /// Starts kubectl and leaves it running: for watches.
  func start(_ arguments: [String]) throws -> RunningCommand { try command(arguments).start() }

  private func command(_ arguments: [String], input: String? = nil, editor: String? = nil) -> Command {
    var environment = ProcessInfo.processInfo.environment
    environment["KUBECONFIG"] = kubeconfig
    environment["HOME"] = directory + "/home"
    environment["KUBE_EDITOR"] = editor
    return Command(["kubectl"] + arguments, input: input, environment: environment, directory: directory)
  }
}

extension Command.Outcome {
  var out: String { output }
  var err: String { errors }
  /// Both streams, for errors.
  var all: String { output + errors }
  /// Standard output without its last newline.
  var text: String { output.hasSuffix("\n") ? String(output.dropLast()) : output }
}
