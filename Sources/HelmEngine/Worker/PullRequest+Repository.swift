import CHelm
import Document

extension PullRequest {
  /// What the repository's index has for the chart in the version that is wanted.
  func find(_ chart: String, in url: String, _ library: HelmLibrary) throws -> RepositoryIndex.Entry {
    let options = connection(withCredentials: true)
    let text: String
    do {
      text = try library.call("") { chelm_repository_index($0, url, JSON.string(options)) }
    } catch let error as HelmError {
      if PullFailure.isNotFound(error.message) {
        throw failure.make(.repositoryFailed, "there is no chart repository: it has no index.yaml; correct repo")
      }
      throw failure.error(error.message)
    }
    let index = RepositoryIndex(Array(text.utf8))
    guard let versions = try index.versions(of: chart) else { throw failure.missingChart(among: index.charts) }
    return try VersionChoice(library: library, failure: failure).choose(pull.version, among: versions)
  }

  /// Lets Helm fetch an archive into the child's folder.
  func download(_ url: String, withCredentials: Bool, _ library: HelmLibrary) throws {
    var options = connection(withCredentials: withCredentials)
    options["dest_dir"] = .string(directory + "/chart")
    do {
      _ = try library.call("") { chelm_pull($0, 0, url, JSON.string(options)) }
    } catch let error as HelmError {
      if PullFailure.isNotFound(error.message) {
        throw failure.make(.chartNotFound, "there is no archive at \(Redaction.url(url))")
      }
      throw failure.error(error.message)
    }
  }

  private func connection(withCredentials: Bool) -> Value {
    var options: Value = ["insecure_skip_tls_verify": .bool(credentials.insecureSkipTLSVerify)]
    if withCredentials {
      options["username"] = .string(credentials.username)
      options["password"] = .string(credentials.password)
    }
    return options
  }
}
