import CConfinement
import Foundation

/// What confinement is worth on this machine, and where programs are found.
public enum Confinement {
  /// Whether the kernel holds a child to its `readable` and `writable` paths (Landlock, Linux 5.13 and later, where it is
  /// switched on). Where it does not, children still run, within all other limits.
  public static var isFilesystemConfined: Bool { landlockVersion > 0 }

  /// The kernel's version of Landlock; 0 where it has none. From 6 on, a child cannot send signals to processes outside.
  public static let landlockVersion = Int(confinement_landlock_version())

  /// The path of a program: itself if it has a slash, and otherwise that of the first executable file of this name in
  /// the directories of `path`; nil if there is none.
  public static func find(
    _ program: String, path: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
  ) -> String? {
    if program.contains("/") { return program }
    for directory in path.split(separator: ":") where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(program)"
      if isExecutable(candidate) { return candidate }
    }
    return nil
  }

  private static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
