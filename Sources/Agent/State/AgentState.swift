import Document
import Synchronization
import Wire

/// The state directory: everything an agent needs to keep its cluster right without the manager.
///
///     lock               held by the agent that works here
///     agent.key          its CURVE secret key (0600)
///     agent.key.next     the pair that it is changing to, while it is
///     enrollment         its manager and its name there
///     desired            the deployments that the manager wants
///     deployments/<sha>  of each deployment: its releases, what stands, what was reported
///     blobs/<xx>/<sha>   contents and options by digest
///
/// Every change is on disk when its call returns. Nothing is ever thrown away because it cannot be read.
final class AgentState: Sendable {
  /// Where the files are.
  let directory: String
  /// The contents and options.
  let blobs: BlobCache

  fileprivate let files: BlockingWork
  private let lock: StateLock

  private struct Memory {
    var enrollment: EnrollmentRecord?
    var desired = DesiredSet()
    var records: [String: DeploymentRecord] = [:]
  }
  /// What is on disk: written only by the closures that have just written the file, one after another.
  private let memory: Mutex<Memory>

  /// Opens a directory, making it where it is missing.
  ///
  /// - Throws: `AgentError` with `stateInUse`, `corruptState`, `newerState` or `file`.
  static func open(_ directory: String) async throws -> AgentState {
    let files = BlockingWork(label: "flotilla.agent.state")
    return try await files.perform { try AgentState(directory: directory, files: files) }
  }

  /// Blocks.
  private init(directory: String, files: BlockingWork) throws(AgentError) {
    self.directory = directory
    self.files = files
    try StateFile.makeDirectory(directory)
    lock = try StateLock(directory: directory)
    try StateFile.makeDirectory(directory + "/deployments")
    blobs = try BlobCache(path: directory + "/blobs", files: files)
    memory = Mutex(try Self.load(directory))
  }

  private static func load(_ directory: String) throws(AgentError) -> Memory {
    func unreadable(_ path: String) -> AgentError {
      AgentError(
        .corruptState,
        "\(path) is whole, but not what this version writes there: restore it, or move the state directory away")
    }
    var memory = Memory()
    if let value = try StateFile.load(directory + "/enrollment") {
      guard let record = EnrollmentRecord(value) else { throw unreadable(directory + "/enrollment") }
      memory.enrollment = record
    }
    if let value = try StateFile.load(directory + "/desired") {
      guard let desired = DesiredSet(value) else { throw unreadable(directory + "/desired") }
      memory.desired = desired
    }
    for name in try StateFile.names(in: directory + "/deployments") where !name.hasSuffix(".new") {
      let path = "\(directory)/deployments/\(name)"
      guard let value = try StateFile.load(path) else { continue }
      guard let record = DeploymentRecord(value) else { throw unreadable(path) }
      memory.records[record.id] = record
    }
    return memory
  }

  /// Lets another agent open the directory.
  func close() { lock.release() }

  /// The agent's own key pair, made at the first call.
  func keyPair() async throws -> CurveKeyPair {
    let path = directory + "/agent.key"
    return try await files.perform {
      do throws(WireError) {
        return try CurveKeyFile.loadOrCreate(path)
      } catch {
        throw AgentError(.file, error.message, cause: error)
      }
    }
  }

  /// The files with the agent's keys, as bytes.
  struct KeyFiles: Sendable, Equatable {
    /// The agent's key; nil before it has one.
    var current: [UInt8]?
    /// Since when it has that.
    var since: Timestamp?
    /// The key that it is changing to, while it is.
    var next: [UInt8]?
  }

  /// The files with the agent's keys.
  func keyFiles() async throws -> KeyFiles {
    let (path, next) = (directory + "/agent.key", nextKeyPath)
    return try await files.perform {
      KeyFiles(
        current: try StateFile.read(path, limit: AgentLimits.keyFileBytes), since: try StateFile.modified(path),
        next: try StateFile.read(next, limit: AgentLimits.keyFileBytes))
    }
  }

  /// Takes over the keys and the enrolment of an earlier state directory.
  func restore(_ keys: KeyFiles, enrollment: EnrollmentRecord) async throws {
    let (path, nextPath) = (directory + "/agent.key", nextKeyPath)
    try await files.perform {
      if let key = keys.current { try StateFile.write(key, to: path) }
      if let since = keys.since { try StateFile.setModified(path, to: since) }
      if let next = keys.next { try StateFile.write(next, to: nextPath) }
    }
    try await save(enrollment)
  }

  /// The key pair that the agent is changing to; nil while it is not.
  func nextKeyPair() async throws -> CurveKeyPair? {
    let path = nextKeyPath
    return try await files.perform {
      guard try StateFile.read(path, limit: AgentLimits.keyFileBytes) != nil else { return nil }
      do throws(WireError) {
        return try CurveKeyFile.load(path)
      } catch {
        throw AgentError(.file, error.message, cause: error)
      }
    }
  }

  fileprivate var nextKeyPath: String { directory + "/agent.key.next" }

  /// The manager that this agent belongs to; nil before enrolment.
  var enrollment: EnrollmentRecord? { memory.withLock(\.enrollment) }

  /// What the manager wants.
  var desired: DesiredSet { memory.withLock(\.desired) }

  /// What is known of the deployments, by id.
  var records: [String: DeploymentRecord] { memory.withLock(\.records) }

  /// What is known of a deployment.
  func record(_ id: String) -> DeploymentRecord? { memory.withLock { $0.records[id] } }

  /// Notes the manager that this agent belongs to.
  func save(_ enrollment: EnrollmentRecord) async throws {
    try await files.perform { [self] in
      try StateFile.save(enrollment.value, to: directory + "/enrollment")
      memory.withLock { $0.enrollment = enrollment }
    }
  }

  /// Changes what the manager wants, and gives it back as it is on disk now.
  @discardableResult
  func updateDesired(_ change: @escaping @Sendable (inout DesiredSet) -> Void) async throws -> DesiredSet {
    try await files.perform { [self] in
      var desired = memory.withLock(\.desired)
      let before = desired
      change(&desired)
      guard desired != before else { return desired }
      guard desired.items.count <= AgentLimits.deployments else {
        throw AgentError(
          .limitExceeded,
          "the manager wants \(desired.items.count) deployments on this cluster; deployments is \(AgentLimits.deployments)"
        )
      }
      try StateFile.save(desired.value, to: directory + "/desired")
      memory.withLock { [desired] in $0.desired = desired }
      return desired
    }
  }

  /// Changes what is known of a deployment.
  func updateRecord(_ id: String, _ change: @escaping @Sendable (inout DeploymentRecord) -> Void) async throws {
    try await files.perform { [self] in
      let before = memory.withLock { $0.records[id] }
      var record = before ?? DeploymentRecord(id: id)
      change(&record)
      guard record != before else { return }
      try StateFile.save(record.value, to: path(of: id))
      memory.withLock { [record] in $0.records[id] = record }
    }
  }

  /// Forgets a deployment.
  func removeRecord(_ id: String) async throws {
    try await files.perform { [self] in
      try StateFile.remove(path(of: id))
      memory.withLock { $0.records[id] = nil }
    }
  }

  /// Ids are the manager's, and may hold what no file name does.
  private func path(of id: String) -> String { "\(directory)/deployments/\(Checksum.sha256Hex(Array(id.utf8)))" }
}

extension AgentState: KeyKeeper {
  func keep(next pair: CurveKeyPair) async throws {
    let path = nextKeyPath
    try await files.perform {
      do throws(WireError) {
        try CurveKeyFile.save(pair, to: path)
      } catch {
        throw AgentError(.file, error.message, cause: error)
      }
    }
  }

  func adoptNext() async throws {
    let (from, to) = (nextKeyPath, directory + "/agent.key")
    try await files.perform { try StateFile.move(from, to: to) }
  }

  func keyAge() async throws -> Duration {
    let path = directory + "/agent.key"
    let since = try await files.perform { try StateFile.modified(path) }
    return since.map { .seconds(max(0, Timestamp.now.seconds - $0.seconds)) } ?? .zero
  }
}
