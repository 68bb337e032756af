import CGit2

/// What libgit2's error codes and words come to.
enum GitFailure {
  static func code(_ code: Int32, _ kind: git_error_t, _ message: String) -> GitError.Code {
    if code == GIT_EAUTH.rawValue { return .authenticationFailed }
    if code == GIT_ECERTIFICATE.rawValue { return kind == GIT_ERROR_SSH ? .hostKeyUnknown : .certificateInvalid }
    let text = message.lowercased()
    if text.contains("failed to authenticate") { return .authenticationFailed }
    if text.contains("unexpected http status code: 40") || text.contains("authentication required") {
      return text.contains("code: 404") ? .repositoryNotFound : .authenticationFailed
    }
    let missing = [
      "repository not found", "not exported", "failed to resolve path", "does not appear to be a git",
      "could not find repository",
    ]
    if missing.contains(where: text.contains) { return .repositoryNotFound }
    switch kind {
    case GIT_ERROR_ODB, GIT_ERROR_ZLIB, GIT_ERROR_INDEXER, GIT_ERROR_OBJECT, GIT_ERROR_TREE, GIT_ERROR_SHA:
      return .corrupt
    case GIT_ERROR_OS, GIT_ERROR_FILESYSTEM, GIT_ERROR_NOMEMORY: return .storage
    case GIT_ERROR_NET, GIT_ERROR_SSH, GIT_ERROR_SSL, GIT_ERROR_HTTP: return .unreachable
    default: return .failed
    }
  }

  /// What to do next, where the library's words do not say it.
  static func hint(_ code: Int32, _ kind: git_error_t, _ message: String, _ remote: GitRemote) -> String {
    if message.lowercased().contains("unable to exchange encryption keys") {
      return "; the SSH library here cannot use RSA host keys with SHA-2: give the server an ed25519 or ECDSA host key"
    }
    switch self.code(code, kind, message) {
    case .authenticationFailed: return "; check the credentials and that they may read this repository"
    case .repositoryNotFound: return "; check the URL, and the credentials if the repository is private"
    case .unreachable where kind == GIT_ERROR_SSH && message.lowercased().contains("eof"),
      .unreachable where kind == GIT_ERROR_NET && remote.url.scheme == .ssh:
      return "; the server may have no such repository, or not show it to this key"
    default: return ""
    }
  }
}
