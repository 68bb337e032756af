import Confinement

/// Builds kustomizations with kustomize's own program, in a child process that can reach nothing but the bundle's files:
/// no network, no other file, no plugin, no program.
///
/// The same files and directory always give the same bytes. Results are kept for as long as there is room, and equal
/// builds that are asked for at the same time are made once.
public struct Kustomizer: Sendable {
  private let tool: String?
  private let limits: KustomizerLimits
  private let builds: Builds

  /// A builder with results of its own: make one, and keep it.
  ///
  /// - Parameter tool: kustomize or kubectl, by path or name; nil takes what `FLOTILLA_KUSTOMIZE` names, and otherwise
  ///   kustomize or else kubectl on the `PATH`. It must be a program of its own, not a script.
  public init(tool: String? = nil, limits: KustomizerLimits = KustomizerLimits()) {
    self.tool = tool
    self.limits = limits
    builds = Builds(limits: limits)
  }

  /// Builds the kustomization of a directory.
  ///
  /// Whatever it refers to must be among the files: a base in a directory above is fine, a file outside of the
  /// kustomization's own directory is not (kustomize's usual restriction), and nothing is ever fetched.
  ///
  /// - Parameters:
  ///   - files: all files that it may use. Their order does not matter.
  ///   - directory: relative to the root of the files; empty or `.` for the root itself.
  /// - Returns: the objects as a stream of YAML documents.
  /// - Throws: ``KustomizerError`` that names the kustomization.
  public func build(files: [KustomizeFile], directory: String) async throws(KustomizerError) -> [UInt8] {
    guard let directory = Path.resolve(directory, from: ""), !directory.utf8.contains(0) else {
      throw KustomizerError(.outsideOfBundle, "the directory \(directory) lies outside of the bundle")
    }
    let tree = try FileTree(files, limits: limits)
    let shown = directory.isEmpty ? "the bundle's root" : directory
    guard let kustomization = tree.kustomization(in: directory) else {
      throw KustomizerError(.noKustomization, "there is no kustomization.yaml in \(shown)")
    }
    try References.check(tree, directory: directory)
    let key = Builds.Key(tree: tree, directory: directory)
    return try await builds.result(of: key) { [tool, limits] in
      await Kustomizer.run(key, kustomization: kustomization.path, tool: tool, limits: limits)
    }.get()
  }

  static func run(
    _ key: Builds.Key, kustomization: String, tool: String?, limits: KustomizerLimits
  ) async -> Result<[UInt8], KustomizerError> {
    do throws(KustomizerError) {
      let tool = try Tool.find(tool)
      let directory: PrivateDirectory
      do {
        directory = try await PrivateDirectory.blocking { try PrivateDirectory.make(key.tree.files) }
      } catch {
        throw KustomizerError(.toolFailed, "\(kustomization): its files cannot be written: \(error)", cause: error)
      }
      let result = await run(key, kustomization: kustomization, tool: tool, directory: directory, limits: limits)
      // Whatever came of the build, and also when the task was cancelled.
      _ = try? await PrivateDirectory.blocking { directory.remove() }
      return result
    } catch {
      return .failure(error)
    }
  }

  static func run(
    _ key: Builds.Key, kustomization: String, tool: Tool, directory: PrivateDirectory, limits: KustomizerLimits
  ) async -> Result<[UInt8], KustomizerError> {
    let target = key.directory.isEmpty ? directory.root : "\(directory.root)/\(key.directory)"
    let command = ConfinedCommand(
      executable: tool.path, arguments: tool.arguments(target),
      environment: ["HOME": directory.path, "GOMAXPROCS": "2", "GOMEMLIMIT": "\(limits.memoryBytes / 4 * 3)"],
      directory: directory.root,
      limits: ConfinementLimits(
        wallClock: limits.wallClock, cpuSeconds: limits.cpuSeconds, memoryBytes: limits.memoryBytes,
        outputBytes: limits.outputBytes, errorBytes: 8 << 10, fileBytes: 0),
      readable: ConfinedCommand.systemLibraries + [directory.path])
    do throws(ConfinementError) {
      let output = try await command.run()
      guard output.status == 0 else {
        let reason = ToolOutput.error(output.errorOutput, root: directory.root)
        return .failure(KustomizerError(.buildFailed, "\(kustomization): kustomize refuses it: \(reason)"))
      }
      return .success(output.output)
    } catch {
      return .failure(failure(error, kustomization: kustomization))
    }
  }

  private static func failure(_ error: ConfinementError, kustomization: String) -> KustomizerError {
    let code: KustomizerError.Code
    switch error.code {
    case .timeLimit: code = .timeLimit
    case .cpuLimit, .memoryLimit, .outputLimit, .fileLimit: code = .limitExceeded
    case .cancelled: code = .cancelled
    case .notFound: code = .toolMissing
    case .overloaded: code = .overloaded
    default: code = .toolFailed
    }
    return KustomizerError(code, "\(kustomization): \(error.message)", cause: error)
  }
}
