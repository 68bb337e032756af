import CGit2
import Foundation
import Synchronization

/// Reads a mirror's objects. It has a repository handle of its own, used by one thread at a time.
final class GitObjectReader: Sendable {
  private struct State: ~Copyable {
    let repository: GitHandle
    var bytesRead = 0
  }

  private let state: Mutex<State>
  private let limits: GitLimits
  private let commit: String

  /// Opens the mirror. Blocks.
  init(mirror: String, commit: String, limits: GitLimits) throws(GitError) {
    self.limits = limits
    self.commit = commit
    state = Mutex(State(repository: try GitHandle.repository(at: mirror)))
  }

  /// All entries of the commit's tree. Blocks.
  func entries() throws(GitError) -> [GitTreeEntry] {
    try state.withLock { state throws(GitError) in
      let repository = state.repository.pointer
      guard let id = git_oid(hex: commit) else { throw GitError(.referenceNotFound, "'\(commit)' is no commit id") }
      let object = try GitHandle.commit(id, in: repository)
      guard let tree = git_commit_tree_id(object.pointer)?.pointee else {
        throw GitError(.corrupt, "commit \(commit.prefix(12)) has no tree")
      }
      var walk = GitTreeWalk(repository: repository, commit: commit, limits: limits)
      return try walk.run(tree)
    }
  }

  /// The bytes of an entry. Blocks.
  func contents(of entry: GitTreeEntry) throws(GitError) -> [UInt8] {
    guard entry.size <= limits.fileBytes else {
      throw GitError(
        .limitExceeded,
        "the file '\(entry.path)' has \(entry.size) bytes, at most \(limits.fileBytes) are read (limit fileBytes)")
    }
    return try state.withLock { state throws(GitError) in
      state.bytesRead += entry.size
      guard state.bytesRead <= limits.treeBytes else {
        throw GitError(
          .limitExceeded,
          "the files read from commit \(commit.prefix(12)) have over \(limits.treeBytes) bytes (limit treeBytes)")
      }
      guard let id = git_oid(hex: entry.id) else { throw GitError(.corrupt, "'\(entry.path)' has no valid id") }
      let blob = try GitHandle.object(id, GIT_OBJECT_BLOB, in: state.repository.pointer)
      let size = Int(git_blob_rawsize(blob.pointer))
      guard size > 0, let bytes = git_blob_rawcontent(blob.pointer) else { return [] }
      return Array(UnsafeRawBufferPointer(start: bytes, count: size))
    }
  }
}

/// One walk through a tree, within the limits. Trees come from strangers: names that git itself refuses end the walk.
struct GitTreeWalk {
  let repository: OpaquePointer
  let commit: String
  let limits: GitLimits
  private var entries: [GitTreeEntry] = []
  private var visited = 0
  private let start = ContinuousClock.now

  init(repository: OpaquePointer, commit: String, limits: GitLimits) {
    self.repository = repository
    self.commit = commit
    self.limits = limits
  }

  mutating func run(_ root: git_oid) throws(GitError) -> [GitTreeEntry] {
    var odb: OpaquePointer?
    try checkLocal(git_repository_odb(&odb, repository), "cannot open the mirror's objects")
    guard let odb else { throw GitError(.failed, "cannot open the mirror's objects") }
    let objects = GitHandle(odb, release: git_odb_free)
    var pending: [(path: String, id: git_oid, depth: Int)] = [("", root, 1)]
    while let next = pending.popLast() {
      let tree = try GitHandle.object(next.id, GIT_OBJECT_TREE, in: repository)
      for index in 0..<git_tree_entrycount(tree.pointer) {
        guard let entry = git_tree_entry_byindex(tree.pointer, index), let id = git_tree_entry_id(entry)?.pointee else {
          throw GitError(.corrupt, "the tree of commit \(commit.prefix(12)) cannot be read")
        }
        let path = try path(of: entry, in: next.path, depth: next.depth)
        let mode = git_tree_entry_filemode(entry)
        if mode == GIT_FILEMODE_TREE {
          pending.append((path + "/", id, next.depth + 1))
        } else {
          entries.append(try leaf(path, mode, id, objects.pointer))
        }
      }
    }
    return entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private mutating func path(of entry: OpaquePointer, in parent: String, depth: Int) throws(GitError) -> String {
    visited += 1
    guard visited <= limits.treeEntries else {
      throw refusal("has more than \(limits.treeEntries) files and directories (limit treeEntries)")
    }
    guard visited % 1024 != 0 || ContinuousClock.now - start < limits.treeTime else {
      throw refusal("takes longer than \(limits.treeTime) to list (limit treeTime)")
    }
    let name = git_tree_entry_name(entry).map { String(cString: $0) } ?? ""
    let path = parent + name
    guard depth <= limits.pathDepth else {
      throw refusal("is deeper than \(limits.pathDepth) directories at '\(path.prefix(200))' (limit pathDepth)")
    }
    guard path.utf8.count <= limits.pathBytes else {
      throw refusal("has a path of \(path.utf8.count) bytes, '\(path.prefix(200))...' (limit pathBytes)")
    }
    guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), name.lowercased() != ".git" else {
      throw GitError(.corrupt, "commit \(commit.prefix(12)) holds the name '\(path)', which git does not allow")
    }
    return path
  }

  private func leaf(_ path: String, _ mode: git_filemode_t, _ id: git_oid, _ objects: OpaquePointer) throws(GitError)
    -> GitTreeEntry
  {
    let kind: GitTreeEntry.Kind
    switch mode {
    case GIT_FILEMODE_COMMIT: return GitTreeEntry(path: path, kind: .submodule, size: 0, id: id.hex)
    case GIT_FILEMODE_LINK: kind = .symlink
    case GIT_FILEMODE_BLOB_EXECUTABLE: kind = .executable
    case GIT_FILEMODE_BLOB: kind = .file
    default: throw GitError(.corrupt, "'\(path)' in commit \(commit.prefix(12)) is of an unknown kind")
    }
    var size = 0
    var type = GIT_OBJECT_ANY
    var id = id
    try checkLocal(
      git_odb_read_header(&size, &type, objects, &id), "cannot read '\(path)' of commit \(commit.prefix(12))")
    return GitTreeEntry(path: path, kind: kind, size: size, id: id.hex)
  }

  private func refusal(_ text: String) -> GitError {
    GitError(.limitExceeded, "commit \(commit.prefix(12)) \(text)")
  }
}
