import Confinement
import Foundation

/// The program that builds: kustomize, or the kubectl that has it inside.
struct Tool: Sendable, Hashable {
  /// Names the program to use instead of the one on the `PATH`.
  static let environmentVariable = "FLOTILLA_KUSTOMIZE"

  let path: String

  /// What to do when there is none.
  static func find(
    _ named: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(KustomizerError) -> Tool {
    let search = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    let variable = environment[environmentVariable] ?? ""
    if let named = named ?? (variable.isEmpty ? nil : variable) {
      guard let path = Confinement.find(named, path: search), FileManager.default.isExecutableFile(atPath: path) else {
        throw KustomizerError(
          .toolMissing, "\(named) is no program: correct \(environmentVariable), or unset it to use the one on the PATH"
        )
      }
      return Tool(path: path)
    }
    for name in ["kustomize", "kubectl"] {
      if let path = Confinement.find(name, path: search) { return Tool(path: path) }
    }
    throw KustomizerError(
      .toolMissing,
      "neither kustomize nor kubectl is on the PATH: install one of them, or set \(environmentVariable) to its path")
  }

  /// The arguments that build a directory. Plugins, Helm and functions stay off, as they are by default.
  func arguments(_ directory: String) -> [String] {
    let name = path.split(separator: "/").last ?? ""
    return (name.hasPrefix("kubectl") ? ["kustomize"] : ["build"]) + [directory]
  }
}
