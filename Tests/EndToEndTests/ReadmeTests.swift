import Foundation
import Testing

extension EndToEnd {
  @Suite("README.md")
  struct ReadmeTests {
    @Test("every command of the guided tour works as printed, in order, in one shell")
    func guidedTour() async throws {
      let readme = try String(contentsOfFile: Places.root + "/README.md", encoding: .utf8)
      // What a test has done already: the executable is built, and it is not at bin/.
      // The lab's own commands are for Docker: make lab-check does what they do.
      let tourText = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("A guided tour") })
      let commands = Self.shellBlocks(of: String(tourText))
        .replacing("make build\n", with: "")
        .replacing("bin/flotilla ", with: "\(Places.flotilla) ")
        // The default ports may be taken where tests run; a reader who has them free needs no flag.
        .replacing(
          " manager --data",
          with:
            " manager --api-address 127.0.0.1:\(try freePort()) --bus-address tcp://127.0.0.1:\(try freePort()) --data")
      let tour = try Places.directory("tour")
      let script = """
        set -euo pipefail
        leave() {
          kill ${agent:-} ${manager:-} 2>/dev/null || true
          for plane in dev local; do scripts/kube-cluster stop --dir "\(tour)/"*/$plane 2>/dev/null || true; done
        }
        trap leave EXIT
        cd \(Places.root)
        \(commands)
        """
      let outcome = try await command(["bash", "-c", script], environment: ["TMPDIR": tour]).run(within: .seconds(300))
      #expect(outcome.status == 0, "\(outcome.output.suffix(3000))\n\(outcome.errors.suffix(3000))")
    }

    /// The text of all ```bash blocks.
    private static func shellBlocks(of markdown: String) -> String {
      var blocks = ""
      var inside = false
      for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("```") {
          inside = line == "```bash"
        } else if inside {
          blocks += line + "\n"
        }
      }
      return blocks
    }
  }
}
