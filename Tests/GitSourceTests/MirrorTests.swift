import Foundation
import GitSource
import TestSupport
import Testing

@Suite("Mirrors of file:// repositories")
struct MirrorTests {
  @Test("a commit's files come from the object database with their kinds and sizes, and nothing is checked out")
  func tree() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try repository.write("b/deep/file.yaml", "kind: Pod\n")
      try repository.write("a.txt", "")
      try repository.write("run.sh", "#!/bin/sh\n")
      try repository.write("ä ü.txt", "umlauts")
      try await run("/bin/chmod", ["+x", repository.path + "/run.sh"])
      try await run("/bin/ln", ["-s", "../outside", repository.path + "/b/link"])
      try await repository.git(
        "update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,sub")
      try FileManager.default.createDirectory(atPath: repository.path + "/sub", withIntermediateDirectories: false)
      let head = try await repository.commit()
      let mirror = GitMirror(directory: directory + "/mirrors/m")
      #expect(await mirror.contains(head) == false)
      #expect(try await mirror.fetch(.branch("master"), from: repository.remote) == head)
      #expect(await mirror.contains(head))
      let tree = try await mirror.tree(of: head)
      let expected: [(String, GitTreeEntry.Kind, Int)] = [
        ("a.txt", .file, 0), ("b/deep/file.yaml", .file, 10), ("b/link", .symlink, 10), ("run.sh", .executable, 10),
        ("sub", .submodule, 0), ("ä ü.txt", .file, 7),
      ]
      #expect(tree.entries.map(\.path) == expected.map(\.0))
      #expect(tree.entries.map(\.kind) == expected.map(\.1))
      #expect(tree.entries.map(\.size) == expected.map(\.2))
      #expect(try tree.contents(of: "b/deep/file.yaml") == Array("kind: Pod\n".utf8))
      #expect(try tree.contents(of: "b/link") == Array("../outside".utf8))
      #expect(try tree.contents(of: "a.txt") == [])
      for path in ["sub", "b", "b/deep", "", "/a.txt", "../r/a.txt", "nothing"] {
        #expect(await gitError { _ = try tree.contents(of: path) }?.code == .fileNotFound)
      }
      let names = try FileManager.default.subpathsOfDirectory(atPath: directory + "/mirrors")
      #expect(!names.contains { $0.contains("yaml") || $0.hasSuffix("run.sh") })
      #expect(await gitError { _ = try await mirror.tree(of: String(repeating: "1", count: 40)) }?.code == .corrupt)
    }
  }

  @Test("branches, tags and commits are found as fleet-behaviour §7.2 says", arguments: ["HEAD~1", "HEAD"])
  func revisions(place: String) async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r", branch: "main")
      try await repository.commit("one")
      try await repository.commit("two")
      let commit = try await repository.git("rev-parse", place)
      try await repository.git("tag", "light", commit)
      try await repository.git("tag", "-a", "-m", "annotated", "v1.0", commit)
      try await repository.git("branch", "feature/x", commit)
      try await repository.git("branch", "light-is-a-branch", commit)
      let tag = try await repository.git("rev-parse", "v1.0")
      #expect(tag != commit)
      let revisions: [GitRevision] = [
        .branch("feature/x"), .branch("refs/heads/feature/x"), .revision("light"), .revision("v1.0"), .revision(commit),
        .revision("feature/x"), .revision("refs/tags/v1.0"), GitRevision(branch: "main", revision: "v1.0"),
      ]
      let mirror = GitMirror(directory: directory + "/m")
      for revision in revisions {
        #expect(try await GitMirror.resolve(revision, of: repository.remote) == commit, "\(revision)")
        #expect(try await mirror.fetch(revision, from: repository.remote) == commit, "\(revision)")
      }
      #expect(GitRevision(branch: nil, revision: "") == .branch("master"))
      let references = try await GitMirror.references(of: repository.remote)
      #expect(
        references.branches == ["feature/x", "light-is-a-branch", "main"] && references.tags == ["light", "v1.0"])
      #expect(references.objects["refs/tags/v1.0"] == tag && references.objects["refs/tags/v1.0^{}"] == commit)
    }
  }

  @Test("a missing branch, tag or commit is told with what there is instead")
  func missing() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r", branch: "main")
      let remote = try repository.remote
      let empty = await gitError { _ = try await GitMirror.resolve(.branch("main"), of: remote) }
      #expect(empty?.code == .referenceNotFound && empty?.message.contains("the repository is empty") == true)
      try await repository.commit()
      for index in 10..<25 { try await repository.git("branch", "b\(index)") }
      let mirror = GitMirror(directory: directory + "/m")
      let branch = await gitError { _ = try await mirror.fetch(.branch("x"), from: remote) }
      #expect(
        branch?.message
          == "branch 'x' not found in \(remote); it has: b10, b11, b12, b13, b14, b15, b16, b17, b18, b19 and 6 more")
      let tag = await gitError { _ = try await mirror.fetch(.revision("v2"), from: remote) }
      #expect(tag?.message.contains("revision 'v2' not found") == true && tag?.message.contains("no tags; b10") == true)
      let absent = String(repeating: "ab", count: 20)
      let commit = await gitError { _ = try await mirror.fetch(.revision(absent), from: remote) }
      #expect(commit?.code == .referenceNotFound && commit?.message.contains(absent) == true)
      try await repository.git("branch", "-D", "b10")
      #expect(await gitError { _ = try await mirror.fetch(.branch("b10"), from: remote) }?.code == .referenceNotFound)
    }
  }

  @Test(
    "every new head is fetched: pushes, force-pushes to older and to unrelated commits, a branch turned into a folder")
  func heads() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      let mirror = GitMirror(directory: directory + "/m")
      let remote = try repository.remote
      try repository.write("a", "1")
      let first = try await repository.commit()
      #expect(try await mirror.fetch(.branch("master"), from: remote) == first)
      try repository.write("a", "2")
      let second = try await repository.commit()
      #expect(try await mirror.fetch(.branch("master"), from: remote) == second)
      try await repository.git("reset", "-q", "--hard", first)
      #expect(try await GitMirror.resolve(.branch("master"), of: remote) == first)
      #expect(try await mirror.fetch(.branch("master"), from: remote) == first)
      try await repository.git("checkout", "-q", "--orphan", "fresh")
      try repository.write("a", "3")
      let unrelated = try await repository.commit()
      try await repository.git("branch", "-f", "master")
      #expect(try await mirror.fetch(.branch("master"), from: remote) == unrelated)
      try await repository.git("branch", "dir")
      #expect(try await mirror.fetch(.branch("dir"), from: remote) == unrelated)
      try await repository.git("branch", "-m", "dir", "dir/sub")
      #expect(try await mirror.fetch(.branch("dir/sub"), from: remote) == unrelated)
      for (commit, text) in [(first, "1"), (second, "2"), (unrelated, "3")] {
        #expect(try await mirror.tree(of: commit).contents(of: "a") == Array(text.utf8))
      }
    }
  }

  @Test("limits refuse by name, and leave the rest readable")
  func limits() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try repository.write("big.bin", String(repeating: "x", count: 200_000))
      try repository.write("small", "ok")
      try repository.write("d/e/f/g", "deep")
      let head = try await repository.commit()
      let remote = try repository.remote
      var limits = GitLimits()
      limits.fileBytes = 100_000
      let mirror = GitMirror(directory: directory + "/m", limits: limits)
      _ = try await mirror.fetch(.branch("master"), from: remote)
      let tree = try await mirror.tree(of: head)
      let big = await gitError { _ = try tree.contents(of: "big.bin") }
      #expect(
        big?.code == .limitExceeded && big?.message.contains("big.bin") == true
          && big?.message.contains("fileBytes") == true)
      #expect(try tree.contents(of: "small") == Array("ok".utf8))
      let changes: [(String, (inout GitLimits) -> Void)] = [
        ("treeEntries", { $0.treeEntries = 3 }), ("pathDepth", { $0.pathDepth = 3 }),
        ("pathBytes", { $0.pathBytes = 5 }),
      ]
      for (name, change) in changes {
        var limits = GitLimits()
        change(&limits)
        let narrow = GitMirror(directory: directory + "/m", limits: limits)
        let error = await gitError { _ = try await narrow.tree(of: head) }
        #expect(error?.code == .limitExceeded && error?.message.contains("limit \(name)") == true, "\(name)")
      }
      limits = GitLimits()
      limits.treeBytes = 5
      let narrow = try await GitMirror(directory: directory + "/m", limits: limits).tree(of: head)
      #expect(try narrow.contents(of: "small").count == 2)
      #expect(await gitError { _ = try narrow.contents(of: "d/e/f/g") }?.message.contains("treeBytes") == true)
    }
  }

  @Test("a repository over the fetch limits is given up by the limit's name, and leaves the mirror usable")
  func fetchLimits() async throws {
    try await withTemporaryDirectory { directory in
      let noisy = try await TestRepository(directory + "/noisy")
      let quiet = try await TestRepository(directory + "/quiet")
      var random = SystemRandomNumberGenerator()
      let noise = Data((0..<100_000).flatMap { _ in withUnsafeBytes(of: random.next(), Array.init) })
      try noise.write(to: URL(fileURLWithPath: noisy.path + "/noise"))
      try await noisy.commit()
      let head = try await quiet.commit()
      var limits = GitLimits()
      limits.fetchBytes = 100_000
      let mirror = GitMirror(directory: directory + "/m", limits: limits)
      let bytes = await gitError { _ = try await mirror.fetch(.branch("master"), from: noisy.remote) }
      #expect(bytes?.code == .limitExceeded && bytes?.message.contains("limit fetchBytes") == true)
      limits.fetchObjects = 2
      let narrow = GitMirror(directory: directory + "/m", limits: limits)
      let objects = await gitError { _ = try await narrow.fetch(.branch("master"), from: noisy.remote) }
      #expect(objects?.code == .limitExceeded)
      #expect(try await mirror.fetch(.branch("master"), from: quiet.remote) == head)
      let left = try FileManager.default.subpathsOfDirectory(atPath: directory + "/m")
      #expect(!left.contains { $0.contains("tmp_") }, "what was received must not stay: \(left)")
    }
  }

  @Test("names that git does not allow end the listing and are named", arguments: ["..", ".git", ".GIT", "."])
  func hostileNames(name: String) async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try repository.write("f", "x")
      let blob = try await repository.git("hash-object", "-w", "f")
      var tree = Data("100644 \(name)\0".utf8)
      tree.append(
        contentsOf: stride(from: 0, to: 40, by: 2).compactMap { UInt8(blob.dropFirst($0).prefix(2), radix: 16) })
      let id = try await run(
        "/usr/bin/git", ["-C", repository.path, "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        input: tree)
      let commit = try await repository.git("commit-tree", "-m", "hostile", id)
      try await repository.git("branch", "-f", "hostile", commit)
      let mirror = GitMirror(directory: directory + "/m")
      let error = await gitError {
        _ = try await mirror.fetch(.branch("hostile"), from: repository.remote)
        _ = try await mirror.tree(of: commit)
      }
      #expect(error?.code == .corrupt)
    }
  }

  @Test("a mirror's many packs become one, and every commit stays readable, also by who reads meanwhile")
  func packs() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      var limits = GitLimits()
      limits.packs = 5
      let mirror = GitMirror(directory: directory + "/m", limits: limits)
      var trees: [GitTree] = []
      for index in 0..<12 {
        try repository.write("f", "\(index)")
        let commit = try await repository.commit()
        _ = try await mirror.fetch(.branch("master"), from: repository.remote)
        trees.append(try await mirror.tree(of: commit))
      }
      let deadline = ContinuousClock.now + .seconds(20)
      func packs() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: directory + "/m/objects/pack").count {
          $0.hasSuffix(".pack")
        }
      }
      while try packs() > 6, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
      #expect(try packs() <= 6)
      for (index, tree) in trees.enumerated() {
        #expect(try tree.contents(of: "f") == Array("\(index)".utf8))
        #expect(try await mirror.tree(of: tree.commit).contents(of: "f") == Array("\(index)".utf8))
      }
    }
  }

  @Test("a damaged mirror is told as such, and is made anew after it is removed")
  func damage() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      try repository.write("a", String(repeating: "text ", count: 1000))
      let head = try await repository.commit()
      let mirror = GitMirror(directory: directory + "/m")
      _ = try await mirror.fetch(.branch("master"), from: repository.remote)
      let objects = directory + "/m/objects"
      for path in try FileManager.default.subpathsOfDirectory(atPath: objects) where path.hasSuffix(".pack") {
        let file = URL(fileURLWithPath: objects + "/" + path)
        var bytes = try Data(contentsOf: file)
        for index in 20..<bytes.count - 20 { bytes[index] ^= 0x55 }
        try await run("/bin/chmod", ["u+w", file.path])
        try bytes.write(to: file)
      }
      let error = await gitError { _ = try await mirror.tree(of: head).contents(of: "a") }
      #expect(error?.code == .corrupt, "\(String(describing: error))")
      try await mirror.remove()
      #expect(try await mirror.fetch(.branch("master"), from: repository.remote) == head)
      #expect(try await mirror.tree(of: head).contents(of: "a").count == 5000)
    }
  }

  @Test("a repository that is not there is told so, with its URL")
  func absent() async throws {
    try await withTemporaryDirectory { directory in
      let remote = try GitRemote(url: "file://\(directory)/nothing")
      let error = await gitError { _ = try await GitMirror.references(of: remote) }
      #expect(error?.code == .repositoryNotFound && error?.message.contains("\(directory)/nothing") == true)
    }
  }

  @Test("many fetches into one mirror wait for one another and all succeed")
  func sharedMirror() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try await TestRepository(directory + "/r")
      for index in 0..<8 {
        try repository.write("f", "\(index)")
        try await repository.commit()
        try await repository.git("branch", "b\(index)")
      }
      let remote = try repository.remote
      let mirror = GitMirror(directory: directory + "/m")
      let commits = try await withThrowingTaskGroup(of: String.self) { group in
        for index in 0..<24 { group.addTask { try await mirror.fetch(.branch("b\(index % 8)"), from: remote) } }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(commits.count == 8)
      for commit in commits { #expect(await mirror.contains(commit)) }
    }
  }
}
