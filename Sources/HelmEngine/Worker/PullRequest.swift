import CHelm
import Document
import Foundation

/// Fetches a chart, in the child process.
struct PullRequest {
  let pull: ChartPull
  let directory: String
  private let archiveBytes: Int

  /// What a parent asks. `directory` is the child's own.
  init(pull: ChartPull, directory: String, archiveBytes: Int) {
    self.pull = pull
    self.directory = directory
    self.archiveBytes = archiveBytes
  }

  /// The request as it goes over the child's standard input.
  var header: Value {
    let credentials = pull.credentials ?? ChartCredentials()
    return [
      "request": "pull", "chart": .string(pull.chart), "repo": .string(pull.repo), "version": .string(pull.version),
      "username": .string(credentials.username), "password": .string(credentials.password),
      "insecure": .bool(credentials.insecureSkipTLSVerify), "plainHTTP": .bool(credentials.plainHTTP),
      "directory": .string(directory), "archiveBytes": .integer(Int64(archiveBytes)),
    ]
  }

  init(_ header: Value) throws {
    guard let directory = header["directory"]?.string, let archiveBytes = header["archiveBytes"]?.int else {
      throw HelmError(code: .workerFailed, message: "a request for a chart is not complete")
    }
    self.directory = directory
    self.archiveBytes = archiveBytes
    pull = ChartPull(
      chart: header["chart"]?.string ?? "", repo: header["repo"]?.string ?? "",
      version: header["version"]?.string ?? "",
      credentials: ChartCredentials(
        username: header["username"]?.string ?? "", password: header["password"]?.string ?? "",
        insecureSkipTLSVerify: header["insecure"]?.bool ?? false, plainHTTP: header["plainHTTP"]?.bool ?? false))
  }

  var failure: PullFailure { PullFailure(pull: pull) }
  var credentials: ChartCredentials { pull.credentials ?? ChartCredentials() }

  /// Answers with the chart's name and version, and the archive attached.
  func answer(library: HelmLibrary) throws -> WorkerMessage {
    switch try ChartLocation(pull) {
    case .registry(let reference, let host):
      try fromRegistry(reference, host: host, library)
      return try archive(digest: nil, library)
    case .repository(let url, let chart):
      let entry = try find(chart, in: url, library)
      guard let address = entry.url.flatMap({ ChartLocation.resolve($0, in: url) }) else {
        throw failure.make(
          .repositoryFailed,
          "the index has no address for version \(entry.version) that could be asked: it is the "
            + "repository's mistake")
      }
      // Helm itself would show the credentials to whatever host an index names.
      try download(address, withCredentials: ChartLocation.isSameOrigin(address, url), library)
      return try archive(digest: entry.digest, library)
    case .archive(let url):
      try download(url, withCredentials: true, library)
      return try archive(digest: nil, library)
    }
  }

  private func archive(digest: String?, _ library: HelmLibrary) throws -> WorkerMessage {
    let folder = directory + "/chart"
    guard let name = try FileManager.default.contentsOfDirectory(atPath: folder).first else {
      throw failure.make(.repositoryFailed, "the server gave no archive")
    }
    let path = folder + "/" + name
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    guard size <= archiveBytes else {
      throw failure.make(.limitExceeded, "the archive has \(size) bytes, more than \(archiveBytes)")
    }
    guard size > 0 else { throw failure.make(.invalidChart, "the server gave an empty archive") }
    if let digest {
      let actual = try library.call("") { chelm_chart_digest($0, path) }.replacing("sha256:", with: "")
      guard actual.lowercased() == digest else {
        throw failure.make(
          .digestMismatch,
          "the archive's SHA-256 is \(actual), but the repository's index says \(digest): the archive was changed after it "
            + "was published, or on its way; publish the version anew")
      }
    }
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let metadata = try call {
      let chart = try library.chart(archive: bytes, doing: "")
      defer { library.release(chart) }
      return ChartMetadata(
        library: try LibraryText.decoded(library.call("") { chelm_chart_metadata($0, chart) }, doing: ""))
    }
    return WorkerMessage(
      header: ["name": .string(metadata.name), "version": .string(metadata.version)], attachment: bytes)
  }

  /// Turns the library's words into an error that says what to do.
  func call<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as HelmError {
      let known = failure.error(error.message)
      throw known.code == .repositoryFailed && error.code == .invalidChart
        ? failure.make(.invalidChart, "what the server gave is no chart that Helm takes: \(error.message)") : known
    }
  }
}
