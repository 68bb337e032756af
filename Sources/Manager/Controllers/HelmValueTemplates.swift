import Document
import Fleet
import HelmEngine

/// Renders the templates in Helm values with Helm's own engine, in a confined child (fleet-behaviour §3.5).
///
/// A rollout asks for the same values again each time it is evaluated, and nothing but template and cluster goes into them: what
/// was rendered lately is kept.
actor HelmValueTemplates: ValueTemplateEngine {
  private let workers: HelmWorkers
  /// Two generations: what the older one still holds when the newer one is full is forgotten.
  private var recent: [String: String] = [:]
  private var older: [String: String] = [:]
  private var recentBytes = 0

  init(workers: HelmWorkers) { self.workers = workers }

  func render(_ template: String, context: Value) async throws -> String {
    let key = Digests.sha256Hex(JSON.encode([.string(template), context]))
    if let text = recent[key] { return text }
    if let text = older[key] {
      keep(text, key)
      return text
    }
    let text = try await workers.renderValues(template, context: context)
    keep(text, key)
    return text
  }

  private func keep(_ text: String, _ key: String) {
    guard recent.updateValue(text, forKey: key) == nil else { return }
    recentBytes += text.utf8.count + key.utf8.count
    guard recentBytes > Limits.renderedValuesBytes / 2 else { return }
    older = recent
    recent = [:]
    recentBytes = 0
  }
}
