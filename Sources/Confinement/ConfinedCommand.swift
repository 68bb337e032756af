/// A program that is run as a child process within limits: of time, memory and output, of what it reads and writes, of
/// the network, and of privileges.
///
/// Whatever it is given, the child
/// - has no descriptor but its three streams, no environment but ``environment``, no terminal, no capability (root's
///   included), and writes no core file;
/// - cannot trace, mount, load kernel code, use keyrings, or leave its session, by which it and all that it started are
///   killed together; with ``startsProcesses`` false it cannot start any, nor send signals to others;
/// - is killed when this process ends, however that comes about. What it started itself may then live on until its own
///   limits end it.
public struct ConfinedCommand: Sendable, Hashable {
  /// The program: a path, or a name that is looked for in this process's `PATH`.
  public var executable: String
  /// Its arguments, without its name.
  public var arguments: [String]
  /// All of its environment.
  public var environment: [String: String]
  /// Where it runs; nil for the root of the file system.
  public var directory: String?
  /// Its limits.
  public var limits: ConfinementLimits
  /// Whether it may use the network.
  public var network: NetworkAccess
  /// The files and directories that may be read, listed and executed, with all that lies below them; nil leaves all
  /// reading to the file system's own permissions. The program itself, `/dev/null` and the random devices are always
  /// among them; the libraries of a program that is not linked statically are not: see ``systemLibraries``. What is
  /// not there when the child starts is passed over.
  public var readable: [String]?
  /// The directories in which files may be read, written, made and removed. Nothing else can be written. Both lists hold
  /// where ``Confinement/isFilesystemConfined`` is true.
  public var writable: [String]
  /// Whether it may start processes of its own; threads it may always.
  public var startsProcesses: Bool

  /// A command.
  public init(
    executable: String, arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
    limits: ConfinementLimits = .init(), network: NetworkAccess = .none, readable: [String]? = nil,
    writable: [String] = [], startsProcesses: Bool = false
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.limits = limits
    self.network = network
    self.readable = readable
    self.writable = writable
    self.startsProcesses = startsProcesses
  }

  /// Where the loader finds a program's shared libraries: to be added to ``readable`` for one that needs them.
  public static let systemLibraries = [
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
  ]

  /// The program's name without its directory, for messages.
  var name: String { executable.split(separator: "/").last.map(String.init) ?? executable }
}

/// What a child may do on the network.
public enum NetworkAccess: Sendable, Hashable {
  /// It can make no socket, but for a connected pair of local ones.
  case none
  /// What the machine can do.
  case allowed
}
