import Foundation

/// The program beside the tests' own that only answers Helm requests: `Tests/HelmWorkerMain`, which the tests' target has to name.
public let helmWorkerProgram: String = {
  let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  // `swift test` runs the tests in its own helper, or in the package's test program: the build folder is the arguments' then.
  let folders = [own, CommandLine.arguments.first ?? ""].map { URL(filePath: $0).deletingLastPathComponent().path }
  let candidates = folders.flatMap { folder in
    [folder, URL(filePath: folder).deletingLastPathComponent().path].map { $0 + "/HelmWorkerMain" }
  }
  return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "HelmWorkerMain"
}()
