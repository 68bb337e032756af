import CGit2
import Foundation

/// An open connection to a repository's server, on the thread of one operation.
struct GitConnection: ~Copyable {
  private let remote: GitHandle
  private let operation: GitOperation

  private init(remote: consuming GitHandle, operation: GitOperation) {
    self.remote = remote
    self.operation = operation
  }

  /// Connects. Without a mirror only references can be listed.
  static func open(_ operation: GitOperation, mirror: OpaquePointer? = nil) throws(GitError) -> GitConnection {
    var pointer: OpaquePointer?
    let url = operation.remote.url.text
    if let mirror {
      try operation.check(git_remote_create_anonymous(&pointer, mirror, url))
    } else {
      try operation.check(git_remote_create_detached(&pointer, url))
    }
    guard let pointer else { throw operation.failure(.failed, "libgit2 makes no remote") }
    let remote = GitHandle(pointer) { remote in
      git_remote_disconnect(remote)
      git_remote_free(remote)
    }
    var options = git_remote_connect_options()
    try operation.check(git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION)))
    GitCallbacks.install(&options.callbacks, for: operation)
    options.proxy_opts.type = GIT_PROXY_AUTO
    options.follow_redirects = redirects(operation)
    try operation.check(git_remote_connect_ext(pointer, GIT_DIRECTION_FETCH, &options))
    if let stopped = operation.stopped { throw stopped }
    return GitConnection(remote: remote, operation: operation)
  }

  /// What the server listed when it was connected to.
  func references() throws(GitError) -> GitReferences {
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try operation.check(git_remote_ls(&heads, &count, remote.pointer))
    guard count <= operation.limits.references else {
      throw operation.failure(.limitExceeded, "the server lists \(count) references (limit references)")
    }
    var objects: [String: String] = [:]
    for index in 0..<count {
      guard let head = heads?[index]?.pointee, let name = head.name else { continue }
      objects[String(cString: name)] = head.oid.hex
    }
    return GitReferences(objects: objects)
  }

  /// Downloads what the mirror lacks of the references.
  func download(_ specifications: [String]) throws(GitError) {
    var options = git_fetch_options()
    try operation.check(git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)))
    GitCallbacks.install(&options.callbacks, for: operation)
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    options.proxy_opts.type = GIT_PROXY_AUTO
    options.follow_redirects = Self.redirects(operation)
    let code = Self.withStrings(specifications) { git_remote_download(remote.pointer, $0, &options) }
    try operation.check(code)
    if let stopped = operation.stopped { throw stopped }
  }

  private static func withStrings(_ strings: [String], _ body: (UnsafePointer<git_strarray>) -> Int32) -> Int32 {
    var pointers = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
      var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
      return body(&array)
    }
  }

  private static func redirects(_ operation: GitOperation) -> git_remote_redirect_t {
    RedirectPolicy.followsRedirects(operation.remote) ? GIT_REMOTE_REDIRECT_INITIAL : GIT_REMOTE_REDIRECT_NONE
  }
}
