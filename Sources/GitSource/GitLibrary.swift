import CGit2
import Foundation

/// libgit2 itself, set up once so that nothing of the machine's git configuration has any influence.
enum GitLibrary {
  /// Starts the library; every use after the first costs nothing.
  static func start() throws(GitError) {
    if let failure = started { throw failure }
  }

  private static let started: GitError? = {
    // libgit2 refuses every SSH connection without a HOME, where it looks for known hosts that we do not use.
    if getenv("HOME") == nil { setenv("HOME", "/nonexistent", 0) }
    guard git_libgit2_init() > 0 else { return GitError(.failed, "libgit2 cannot be started") }
    let levels = [
      GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
    ]
    for level in levels where flotilla_git_set_search_path(level.rawValue, "") < 0 {
      return GitError(.failed, "libgit2 cannot be kept from reading the machine's git configuration")
    }
    let limits = GitLimits.default
    // Mirrors are made by this process alone, and a repository at file:// runs nothing when it is read.
    _ = flotilla_git_set_flag(Int32(GIT_OPT_SET_OWNER_VALIDATION.rawValue), 0)
    _ = flotilla_git_set_flag(Int32(GIT_OPT_ENABLE_FSYNC_GITDIR.rawValue), 1)
    _ = flotilla_git_set_size(Int32(GIT_OPT_SET_PACK_MAX_OBJECTS.rawValue), limits.fetchObjects)
    _ = flotilla_git_set_size(Int32(GIT_OPT_SET_MWINDOW_FILE_LIMIT.rawValue), GitLimits.openPacks)
    return GitSocket.register()
  }()

  /// libgit2's version, for logs.
  static var version: String {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    git_libgit2_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  /// What libgit2 said last on this thread, and of which kind.
  static func lastError() -> (kind: git_error_t, message: String) {
    guard let error = git_error_last(), let message = error.pointee.message else {
      return (GIT_ERROR_NONE, "unknown error")
    }
    return (git_error_t(rawValue: UInt32(bitPattern: error.pointee.klass)), String(cString: message))
  }
}

/// Throws unless a local operation of libgit2 succeeded.
func checkLocal(_ code: Int32, _ what: @autoclosure () -> String) throws(GitError) {
  guard code < 0 else { return }
  let (kind, message) = GitLibrary.lastError()
  let error: GitError.Code
  switch kind {
  case GIT_ERROR_OS, GIT_ERROR_FILESYSTEM, GIT_ERROR_NOMEMORY: error = .storage
  case GIT_ERROR_ODB, GIT_ERROR_ZLIB, GIT_ERROR_INDEXER, GIT_ERROR_OBJECT, GIT_ERROR_TREE, GIT_ERROR_SHA:
    error = .corrupt
  default: error = .failed
  }
  throw GitError(error, "\(what()): \(message)")
}

/// A git object's id.
extension git_oid {
  /// The id from 40 hexadecimal digits.
  init?(hex: String) {
    self.init()
    guard hex.utf8.count == 40, git_oid_fromstr(&self, hex) == 0 else { return nil }
  }

  /// 40 lowercase hexadecimal digits.
  var hex: String {
    var copy = self
    var text = [CChar](repeating: 0, count: 41)
    git_oid_tostr(&text, text.count, &copy)
    return String(decoding: text.prefix(40).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
