import CHelm
import Foundation
import Synchronization

/// Helm's Go SDK, loaded into this process.
///
/// Loading takes 0.14 s and 45 MB, and starts Go's runtime: its signals interrupt system calls of the whole process, so
/// code that calls them itself has to retry `EINTR`. The library stays for the life of the process.
public final class HelmLibrary: Sendable {
  /// The variable that names the library's file, before the cache is looked at.
  public static let environmentVariable = "FLOTILLA_HELM_LIBRARY"

  /// The version of `libhelm_c` whose place in the cache is the default.
  public static let pinnedVersion = "0.2.2"

  /// The file it was loaded from.
  public let path: String

  // The table behind the pointer is written once, before this object exists, and is never freed; the library's
  // functions may be called from any thread (its documentation promises that). So sharing the pointer is safe.
  nonisolated(unsafe) private let library: OpaquePointer

  private static let loaded = Mutex<[String: HelmLibrary]>([:])

  private init(path: String, library: OpaquePointer) {
    self.path = path
    self.library = library
  }

  /// Loads the library, or gives the one loaded before from the same file.
  ///
  /// - Parameter path: its file; nil takes `FLOTILLA_HELM_LIBRARY`, or what `scripts/helm-library` made.
  /// - Throws: `HelmError` with `libraryMissing` when there is no such file, or it is no such library.
  public static func load(path: String? = nil) throws -> HelmLibrary {
    let path = path ?? defaultPath
    return try loaded.withLock { loaded in
      if let library = loaded[path] { return library }
      guard FileManager.default.fileExists(atPath: path) else {
        throw HelmError(
          code: .libraryMissing,
          message:
            "Helm's library is not at \(path): run scripts/helm-library, or set \(environmentVariable) to its file")
      }
      var message = [CChar](repeating: 0, count: 512)
      guard let opened = chelm_open(path, &message, message.count) else {
        let reason = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        throw HelmError(
          code: .libraryMissing,
          message: "\(path) is no Helm library that we can use: \(reason); run scripts/helm-library")
      }
      let library = HelmLibrary(path: path, library: opened)
      loaded[path] = library
      return library
    }
  }

  /// Where the library is looked for: the file that the environment names, or the one in the cache.
  static var defaultPath: String {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment[environmentVariable], !path.isEmpty { return path }
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() + "/.cache"
    return "\(cache)/flotilla/helm/\(pinnedVersion)/libhelm_c.so"
  }

  /// The version of the Helm inside, `v4.2.3` for example.
  public var helmVersion: String {
    (try? text(of: chelm_helm_version(library), doing: "")) ?? ""
  }

  /// Charts and configurations that are alive on the library's side: 0 when nothing leaks.
  var openHandles: Int { Int(chelm_open_handles(library)) }

  /// Makes one call and takes its text. This is the one place where what the library allocated is freed.
  func call(_ doing: @autoclosure () -> String, _ body: (OpaquePointer) -> chelm_result) throws -> String {
    try text(of: body(library), doing: doing())
  }

  /// Makes one call that gives a handle. The caller owes `release` for it.
  func handle(_ doing: @autoclosure () -> String, _ body: (OpaquePointer) -> chelm_result) throws -> chelm_handle {
    let result = body(library)
    _ = try text(of: result, doing: doing())
    return result.handle
  }

  /// Loads a chart. The caller owes `release` for it. Throws `HelmError` with `invalidChart`.
  func chart(_ chart: Chart, doing: String) throws -> chelm_handle {
    try self.chart(archive: ChartArchive.pack(chart), doing: doing)
  }

  /// Loads a chart from its `.tgz`. The caller owes `release` for it. Throws `HelmError` with `invalidChart`.
  func chart(archive: [UInt8], doing: String) throws -> chelm_handle {
    try handle(doing) { library in
      archive.withUnsafeBufferPointer { chelm_chart_load(library, $0.baseAddress, UInt64($0.count)) }
    }
  }

  /// Frees a chart, a registry client or a configuration on the library's side.
  func release(_ handle: chelm_handle) {
    chelm_release(library, handle)
  }

  private func text(of result: chelm_result, doing: @autoclosure () -> String) throws -> String {
    defer { chelm_result_free(library, result) }
    let text = result.text.map { String(cString: $0) } ?? ""
    guard result.code == Int32(CHELM_OK) else {
      throw HelmError(libraryCode: result.code, text: text, doing: doing())
    }
    return text
  }
}
