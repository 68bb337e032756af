/// What one child may use. The child's end at any of them is an error that names the limit.
public struct ConfinementLimits: Sendable, Hashable {
  /// The time from its start to its end; for a ``ConfinedServer`` the most that one request may take.
  public var wallClock: Duration
  /// The seconds of processor time of each process, all of its threads together; at least 1.
  public var cpuSeconds: Int
  /// The bytes of private writable memory of each process (`RLIMIT_DATA`). What is only reserved does not count, as the
  /// runtimes of Go and Node do; threads count with their stacks, usually 8 MiB.
  public var memoryBytes: Int
  /// The bytes that it may write to standard output; for a ``ConfinedServer``, of one answer.
  public var outputBytes: Int
  /// The bytes kept of what it writes to standard error: the first half and the last. More is not an error.
  public var errorBytes: Int
  /// The bytes of one file that it writes.
  public var fileBytes: Int
  /// The descriptors that it may hold, its three streams included; at least 3.
  public var openFiles: Int

  /// Limits that suit a renderer of manifests.
  public init(
    wallClock: Duration = .seconds(60), cpuSeconds: Int = 60, memoryBytes: Int = 512 << 20, outputBytes: Int = 32 << 20,
    errorBytes: Int = 64 << 10, fileBytes: Int = 64 << 20, openFiles: Int = 256
  ) {
    self.wallClock = wallClock
    self.cpuSeconds = cpuSeconds
    self.memoryBytes = memoryBytes
    self.outputBytes = outputBytes
    self.errorBytes = errorBytes
    self.fileBytes = fileBytes
    self.openFiles = openFiles
  }

  /// The first limit that no child could live with, named; nil if there is none.
  var invalid: String? {
    if wallClock <= .zero { return "wallClock must be more than nothing" }
    for (name, value, minimum) in [
      ("cpuSeconds", cpuSeconds, 1), ("memoryBytes", memoryBytes, 1 << 20), ("outputBytes", outputBytes, 0),
      ("errorBytes", errorBytes, 0), ("fileBytes", fileBytes, 0), ("openFiles", openFiles, 3),
    ] where value < minimum {
      return "\(name) is \(value), and must be at least \(minimum)"
    }
    return nil
  }
}

/// The limits of this module itself, over all children.
public enum Limits {
  /// The children of `ConfinedCommand.run` that run at once; the others wait for their turn.
  public static let runningCommands = 16
  /// The commands that wait for their turn.
  public static let waitingCommands = 4096
  /// The requests that wait for one ``ConfinedServer``.
  public static let waitingRequests = 1024
  /// The bytes of one request to a ``ConfinedServer``.
  public static let requestBytes = 256 << 20
  /// How long a ``ConfinedServer``'s child may take to end by itself once its input has ended.
  public static let farewell: Duration = .seconds(2)
}
