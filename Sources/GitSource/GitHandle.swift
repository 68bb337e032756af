import CGit2

/// A libgit2 object that is freed when its owner goes. Each kind says how.
struct GitHandle: ~Copyable {
  let pointer: OpaquePointer
  private let release: (OpaquePointer) -> Void

  init(_ pointer: OpaquePointer, release: @escaping (OpaquePointer) -> Void) {
    self.pointer = pointer
    self.release = release
  }

  deinit {
    release(pointer)
  }

  /// Opens a bare repository. Blocks.
  static func repository(at path: String) throws(GitError) -> GitHandle {
    var pointer: OpaquePointer?
    try checkLocal(git_repository_open_bare(&pointer, path), "cannot open the mirror \(path)")
    guard let pointer else { throw GitError(.failed, "cannot open the mirror \(path)") }
    return GitHandle(pointer, release: git_repository_free)
  }

  /// The object with an id, of any type. Blocks.
  static func object(_ id: git_oid, _ type: git_object_t, in repository: OpaquePointer) throws(GitError) -> GitHandle {
    var pointer: OpaquePointer?
    var id = id
    let code = git_object_lookup(&pointer, repository, &id, type)
    if code == GIT_ENOTFOUND.rawValue {
      throw GitError(.corrupt, "the mirror lacks the object \(id.hex); delete its directory, it is made anew")
    }
    try checkLocal(code, "cannot read the object \(id.hex)")
    guard let pointer else { throw GitError(.failed, "cannot read the object \(id.hex)") }
    return GitHandle(pointer, release: git_object_free)
  }

  /// The commit that a commit or annotated tag comes to. Blocks.
  static func commit(_ id: git_oid, in repository: OpaquePointer) throws(GitError) -> GitHandle {
    let object = try object(id, GIT_OBJECT_ANY, in: repository)
    var pointer: OpaquePointer?
    try checkLocal(git_object_peel(&pointer, object.pointer, GIT_OBJECT_COMMIT), "\(id.hex) is no commit")
    guard let pointer else { throw GitError(.failed, "\(id.hex) is no commit") }
    return GitHandle(pointer, release: git_object_free)
  }
}
