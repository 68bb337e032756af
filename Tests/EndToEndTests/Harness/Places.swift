import Foundation

/// Where things are: the checkout, the executable under test, and a directory that goes when the tests end.
enum Places {
  /// The checkout, whose scripts and examples the tests use.
  static let root: String = {
    let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    return (0..<4).reduce(here) { path, _ in path.deletingLastPathComponent() }.path
  }()

  /// The executable beside the test bundle; `FLOTILLA_BIN` names another one.
  static let flotilla: String = {
    if let given = ProcessInfo.processInfo.environment["FLOTILLA_BIN"], !given.isEmpty { return given }
    return URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("flotilla").path
  }()

  /// Everything the tests write. The reaper removes it, unless `FLOTILLA_KEEP` is set.
  static let scratch: String = {
    // As it is without links, since command lines name it both ways.
    let base = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath()
    let path = base.appendingPathComponent("flotilla-e2e.\(UUID().uuidString.prefix(8))").path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    Reaper.watch(path)
    return path
  }()

  static func script(_ name: String) -> String { root + "/scripts/" + name }

  static func example(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/examples/" + path, encoding: .utf8)
  }

  /// A fresh directory below `scratch`.
  static func directory(_ name: String) throws -> String {
    let path = scratch + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
