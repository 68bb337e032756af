import CGit2

/// A directory that somebody works in, as `git` itself finds its repository: in it or above it, with worktrees, packed references
/// and a detached HEAD.
public enum GitWorkingDirectory {
  /// The hexadecimal id of the commit that is checked out; nil where there is no repository, or no commit yet. Nothing but that is
  /// read, and nothing is run.
  public static func head(of directory: String) async throws(GitError) -> String? {
    try await GitThreads.local.perform {
      Result { () throws(GitError) in
        try GitLibrary.start()
        var found: OpaquePointer?
        let opened = git_repository_open_ext(&found, directory, 0, nil)
        if opened == GIT_ENOTFOUND.rawValue { return nil }
        try checkLocal(opened, "cannot open the git repository of \(directory)")
        guard let found else { return nil }
        let repository = GitHandle(found, release: git_repository_free)
        var id = git_oid()
        let code = git_reference_name_to_id(&id, repository.pointer, "HEAD")
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try checkLocal(code, "cannot read HEAD of the git repository of \(directory)")
        return id.hex
      }
    }.get()
  }
}
