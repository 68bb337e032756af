import Document
import Yams

/// Reading Kubernetes manifests: Document's YAML against Yams, on the same text in the same run. Both make complete trees.
enum YAMLParse {
  static func run() async throws -> [Figure] {
    let text = stream()
    var (ours, theirs) = (Double.infinity, Double.infinity)
    // Taken in turns, so that both see the same neighbours on the machine.
    for _ in 0..<15 {
      ours = min(ours, try await Measure.shortest(of: 1) { try check(YAML.parse(text).count) })
      theirs = min(theirs, try await Measure.shortest(of: 1) { try check(Array(Yams.load_all(yaml: text)).count) })
    }
    let megabytes = Double(text.utf8.count) / 1e6
    return [
      Figure(
        name: "yaml-parse", value: megabytes / ours, unit: "MB/s", reference: megabytes / theirs, ratio: theirs / ours)
    ]
  }

  private static let documents = 160

  private static func check(_ count: Int) throws {
    guard count == documents else { throw Mistake("\(count) documents were read instead of \(documents)") }
  }

  private static func stream() -> String {
    var random = SplitMix(state: 1)
    var parts: [String] = []
    for index in 0..<(documents / 4) {
      parts.append(Manifests.deployment("service-\(index)", &random))
      parts.append(Manifests.service("service-\(index)"))
      parts.append(Manifests.configMap("service-\(index)", lines: 60, &random))
      parts.append(Manifests.customResourceDefinition("kind\(index)", fields: 6, &random))
    }
    return parts.joined(separator: "---\n")
  }
}
