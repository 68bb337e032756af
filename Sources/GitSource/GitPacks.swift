import CGit2
import Foundation

/// The pack files of a mirror. Each fetch leaves one; from time to time all of them become one, so that a repository with a
/// commit a minute does not end with thousands of open files.
enum GitPacks {
  /// How many packs the mirror has.
  static func count(in mirror: String) -> Int {
    files(in: mirror).count { $0.hasSuffix(".pack") }
  }

  /// Writes all objects into one pack and deletes the others. Readers that are at work find the objects in the new pack. Blocks.
  static func consolidate(_ mirror: String) throws(GitError) {
    let old = files(in: mirror)
    let repository = try GitHandle.repository(at: mirror)
    var pointer: OpaquePointer?
    try checkLocal(git_packbuilder_new(&pointer, repository.pointer), "cannot pack the mirror \(mirror)")
    guard let pointer else { throw GitError(.failed, "cannot pack the mirror \(mirror)") }
    let builder = GitHandle(pointer, release: git_packbuilder_free)
    var odb: OpaquePointer?
    try checkLocal(git_repository_odb(&odb, repository.pointer), "cannot open the mirror's objects")
    guard let odb else { throw GitError(.failed, "cannot open the mirror's objects") }
    let objects = GitHandle(odb, release: git_odb_free)
    let insert: git_odb_foreach_cb = { id, builder in
      git_packbuilder_insert(builder.map { OpaquePointer($0) }, id, nil)
    }
    let payload = UnsafeMutableRawPointer(builder.pointer)
    try checkLocal(git_odb_foreach(objects.pointer, insert, payload), "cannot list the objects of \(mirror)")
    try checkLocal(git_packbuilder_write(builder.pointer, nil, 0, nil, nil), "cannot pack the mirror \(mirror)")
    guard let name = git_packbuilder_name(builder.pointer).map({ String(cString: $0) }) else { return }
    // An index without its pack would mislead a reader, a pack without its index is only invisible: so the indexes go first.
    for suffix in [".idx", ".pack"] {
      for file in old where file.hasSuffix(suffix) && !file.contains(name) {
        unlink("\(mirror)/objects/pack/\(file)")
      }
    }
  }

  private static func files(in mirror: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: mirror + "/objects/pack")) ?? []
  }
}
