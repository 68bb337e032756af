import Document
import Wire

/// Where simulated agents are kept between runs: a file each. One simulation's own while it is open.
public struct SimulationDirectory: Sendable {
  private let lock: StateLock

  /// Opens the directory, making it where it is missing. Blocks.
  ///
  /// - Throws: `AgentError` with `stateInUse` or `file`.
  public init(opening directory: String) throws {
    try StateFile.makeDirectory(directory + "/agents")
    lock = try StateLock(directory: directory)
  }

  /// Lets another simulation open it.
  public func close() { lock.release() }
}

/// One simulated agent as it is kept.
struct SimulatedIdentity: Sendable {
  var keyPair: CurveKeyPair
  var enrollment: EnrollmentRecord
  var desired = DesiredSet()
  var records: [DeploymentRecord] = []
}

/// The files of simulated agents.
struct SimulationFiles: Sendable {
  let directory: String
  private let files = BlockingWork(label: "flotilla.simulation.state")

  init(directory: String) { self.directory = directory }

  /// The agent of an earlier run; nil where there was none.
  func load(_ name: String) async throws -> SimulatedIdentity? {
    let path = path(of: name)
    return try await files.perform {
      guard let value = try StateFile.load(path) else { return nil }
      guard let secret = value["secretKey"]?.string, let key = try? CurveSecretKey(z85: secret),
        let keyPair = try? CurveKeyPair(secretKey: key),
        let enrollment = value["enrollment"].flatMap({ EnrollmentRecord($0) }),
        let desired = value["desired"].flatMap({ DesiredSet($0) }), let records = value["deployments"]?.array
      else { throw AgentError(.corruptState, "\(path) is whole, but no simulated agent's: remove it to enrol anew") }
      return SimulatedIdentity(
        keyPair: keyPair, enrollment: enrollment, desired: desired, records: records.compactMap { DeploymentRecord($0) }
      )
    }
  }

  /// Keeps an agent. A power loss may lose it, which for a simulation is worth less than ten thousand waits for the disk.
  func save(_ agent: SimulatedIdentity, as name: String) async throws {
    let value: Value = [
      "secretKey": .string(agent.keyPair.secretKey.revealZ85()), "enrollment": agent.enrollment.value,
      "desired": agent.desired.value, "deployments": .array(agent.records.map(\.value)),
    ]
    let path = path(of: name)
    try await files.perform { try StateFile.save(value, to: path, durable: false) }
  }

  private func path(of name: String) -> String { "\(directory)/agents/\(name)" }
}
