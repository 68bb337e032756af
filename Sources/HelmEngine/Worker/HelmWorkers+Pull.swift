import Confinement
import Document
import Foundation

extension HelmWorkers {
  /// Fetches a chart's archive from a repository, an OCI registry or an address of its own.
  ///
  /// The archive is checked against the digest in the repository's index, if that has one, and loaded by Helm, so that what
  /// comes back is a chart. Credentials go to the child over its standard input, and appear in no error.
  ///
  /// - Throws: `HelmError` naming chart and repository: `chartNotFound` where there is no such chart or version,
  ///   `accessDenied`, `untrustedCertificate`, `repositoryFailed`, `digestMismatch`, `invalidChart`, `invalidArgument`,
  ///   `limitExceeded`, `workerFailed`, `overloaded` or `cancelled`.
  public func pull(_ pull: ChartPull) async throws(HelmError) -> PulledChart {
    let redaction = Redaction(pull.credentials)
    do throws(HelmError) {
      _ = try ChartLocation(pull)
      let turn = try await pullTurns.take(doing: pull.displayName)
      defer { pullTurns.giveBack(turn) }
      let directory = try await makeDirectory(pull)
      let result: Result<PulledChart, HelmError>
      do throws(HelmError) {
        result = .success(try await fetch(pull, into: directory))
      } catch {
        result = .failure(error)
      }
      await remove(directory)
      return try result.get()
    } catch {
      throw redaction(error)
    }
  }

  private func fetch(_ pull: ChartPull, into directory: String) async throws(HelmError) -> PulledChart {
    let doing = pull.displayName
    let certificates = pull.credentials.flatMap { $0.caBundle.isEmpty ? nil : Self.certificates(in: directory) }
    let command = puller.confined(directory: directory, certificates: certificates)
    let request = WorkerMessage(
      header: PullRequest(pull: pull, directory: directory, archiveBytes: limits.archiveBytes).header
    ).bytes
    let output: ConfinedOutput
    do throws(ConfinementError) {
      output = try await command.run(input: WorkerMessage.length(request.count) + request)
    } catch {
      throw WorkerFailure(error, doing: doing, time: limits.pullTime, memoryBytes: limits.pullMemoryBytes).helmError
    }
    guard output.status == 0, WorkerMessage.length(of: output.output) == output.output.count - 4 else {
      throw HelmError(
        code: .workerFailed,
        message: "\(doing): Helm's worker ended with status \(output.status) and no answer: \(output.errorOutput)")
    }
    let answer = try WorkerMessage(bytes: Array(output.output[4...]))
    if let failure = answer.failure { throw failure }
    return PulledChart(
      name: answer.header["name"]?.string ?? "", version: answer.header["version"]?.string ?? "",
      archive: answer.attachment)
  }

  private static func certificates(in directory: String) -> String { directory + "/ca.pem" }

  private func makeDirectory(_ pull: ChartPull) async throws(HelmError) -> String {
    let bundle = pull.credentials?.caBundle ?? ""
    guard bundle.isEmpty || bundle.contains("-----BEGIN CERTIFICATE-----") else {
      throw HelmError(
        code: .invalidArgument,
        message: "\(pull.displayName): the trusted certificates are no PEM: they need lines with BEGIN CERTIFICATE")
    }
    do {
      return try await files.perform(key: nil) {
        let directory = FileManager.default.temporaryDirectory.path + "/flotilla-chart-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
          atPath: directory + "/chart", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory)
        if !bundle.isEmpty { try Data(bundle.utf8).write(to: URL(filePath: Self.certificates(in: directory))) }
        return directory
      }
    } catch is CancellationError {
      throw HelmError(code: .cancelled, message: "\(pull.displayName): cancelled")
    } catch {
      throw HelmError(
        code: .other, message: "\(pull.displayName): no folder could be made for it: \(error)", cause: error)
    }
  }

  /// Whatever happens: also when the task is cancelled.
  private func remove(_ directory: String) async {
    let files = files
    _ = await Task.detached {
      try? await files.perform(key: nil) { try FileManager.default.removeItem(atPath: directory) }
    }.value
  }
}
