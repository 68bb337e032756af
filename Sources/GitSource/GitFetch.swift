import CGit2
import Foundation

/// One fetch into a mirror, on the thread of its operation.
struct GitFetch {
  private let operation: GitOperation
  private let directory: String

  init(_ operation: GitOperation, directory: String) {
    self.operation = operation
    self.directory = directory
  }

  /// Brings the revision's commit into the mirror and returns its id.
  func run(_ revision: GitRevision) throws(GitError) -> String {
    try prepareDirectory()
    let repository = try GitHandle.repository(at: directory)
    if let commit = revision.commit {
      guard let id = git_oid(hex: commit) else {
        throw operation.failure(.referenceNotFound, "libgit2 \(GitLibrary.version) cannot read SHA-256 repositories")
      }
      if has(id, repository.pointer) { return commit }
      return try fetch(commit: commit, id, repository.pointer)
    }
    let connection = try GitConnection.open(operation, mirror: repository.pointer)
    let references = try connection.references()
    let target = try references.resolve(revision, in: operation.remote.description)
    guard let reference = target.reference, let id = git_oid(hex: target.object) else {
      throw operation.failure(.referenceNotFound, "the server lists \(revision) with an id that is none")
    }
    if !has(id, repository.pointer) {
      try connection.download(["+\(reference):\(reference)"])
      // For file:// the library brings all branches and tags, every time unless it finds them named here.
      if operation.remote.url.scheme == .file { try keepAll(references.objects, repository.pointer) }
    }
    return try keep(reference, id, repository.pointer)
  }

  /// A commit by its id: the server may have a reference to it, or hand it out without one; else it must be on a branch or tag.
  private func fetch(commit: String, _ id: git_oid, _ repository: OpaquePointer) throws(GitError) -> String {
    let connection = try GitConnection.open(operation, mirror: repository)
    let references = try connection.references().objects
    if let reference = references.first(where: { $0.value == commit && !$0.key.hasSuffix("^{}") && $0.key != "HEAD" }) {
      try connection.download(["+\(reference.key):\(reference.key)"])
      return try keep(reference.key, id, repository)
    }
    do {
      try connection.download(["\(commit):refs/commits/\(commit)"])
      if has(id, repository) { return try keep(commit, id, repository) }
    } catch  where operation.stopped != nil {
      throw error
    } catch {
      // The server hands out nothing but what its references name; the connection may be unusable after its refusal.
    }
    return try fetchAll(commit, id, references, repository)
  }

  private func fetchAll(
    _ commit: String, _ id: git_oid, _ references: [String: String], _ repository: OpaquePointer
  ) throws(GitError) -> String {
    let connection = try GitConnection.open(operation, mirror: repository)
    try connection.download(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"])
    try keepAll(references, repository)
    guard has(id, repository) else {
      throw operation.failure(
        .referenceNotFound, "the commit is on no branch and no tag of the repository; check its id, or push it")
    }
    return try keep(commit, id, repository)
  }

  private func keepAll(_ references: [String: String], _ repository: OpaquePointer) throws(GitError) {
    for (name, object) in references where name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/") {
      if let tip = git_oid(hex: object), has(tip, repository) { try setReference(name, tip, repository) }
    }
  }

  /// Names the fetched object, so that the next fetch asks only for what came after it.
  private func keep(_ name: String, _ id: git_oid, _ repository: OpaquePointer) throws(GitError) -> String {
    let commit = try GitHandle.commit(id, in: repository)
    guard let found = git_object_id(commit.pointer)?.pointee else {
      throw operation.failure(.corrupt, "the commit has no id")
    }
    try setReference(name, id, repository)
    return found.hex
  }

  /// The name is encoded, because a server may have had a branch `a` and then `a/b`, which a directory of files cannot hold both.
  private func setReference(_ name: String, _ id: git_oid, _ repository: OpaquePointer) throws(GitError) {
    let encoded = name.utf8.map { byte in
      Character(UnicodeScalar(byte)).isLetter && byte < 0x80 || Character(UnicodeScalar(byte)).isNumber && byte < 0x80
        ? String(UnicodeScalar(byte)) : "_" + String(byte, radix: 16)
    }.joined()
    var reference: OpaquePointer?
    var id = id
    let code = git_reference_create(&reference, repository, "refs/flotilla/\(encoded)", &id, 1, nil)
    git_reference_free(reference)
    try checkLocal(code, "cannot name \(name) in the mirror \(directory)")
  }

  private func has(_ id: git_oid, _ repository: OpaquePointer) -> Bool {
    guard let object = try? GitHandle.object(id, GIT_OBJECT_ANY, in: repository) else { return false }
    _ = object
    return true
  }

  /// Makes the mirror if it is not there, aside and then renamed, so that a half-made one is never seen.
  private func prepareDirectory() throws(GitError) {
    if FileManager.default.fileExists(atPath: directory) { return }
    let aside = directory + ".new"
    do {
      if FileManager.default.fileExists(atPath: aside) { try FileManager.default.removeItem(atPath: aside) }
      let parent = (directory as NSString).deletingLastPathComponent
      if !parent.isEmpty { try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true) }
    } catch {
      throw GitError(.storage, "cannot make the mirror \(directory): \(error.localizedDescription)", cause: error)
    }
    var repository: OpaquePointer?
    let code = git_repository_init(&repository, aside, 1)
    git_repository_free(repository)
    try checkLocal(code, "cannot make the mirror \(directory)")
    guard rename(aside, directory) == 0 else {
      throw GitError(.storage, "cannot make the mirror \(directory): \(String(cString: strerror(errno)))")
    }
  }
}
