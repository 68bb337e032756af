import Fleet
import Logging
import Wire

/// Makes desired state durable: its blobs first, then the set itself. What cannot be read is refused item by item, and the
/// last good version stays.
struct DesiredKeeper: Sendable {
  let state: AgentState
  let fetcher: BlobFetcher

  /// Keeps what a message brings.
  ///
  /// - Returns: the items that are refused, with the reason.
  /// - Throws: `RPCError` or `AgentError` when nothing could be kept; the message will come again.
  func keep(_ desired: Desired, over channel: RPCChannel?) async throws -> [NackItem] {
    let needed = Set(desired.set.flatMap { [$0.contentDigest, $0.optionsDigest] })
    let missing = try await state.blobs.missing(needed)
    let unavailable = try await fetcher.fetch(missing, inline: desired.blobs, over: channel)
    var refused: [NackItem] = []
    var good: [DesiredItem] = []
    for item in desired.set {
      if let reason = unavailable[item.optionsDigest] ?? unavailable[item.contentDigest] {
        refused.append(NackItem(id: item.id, version: item.version, message: reason))
      } else if let reason = try await problem(of: item) {
        refused.append(NackItem(id: item.id, version: item.version, message: reason))
      } else {
        good.append(DesiredItem(item))
      }
    }
    try await state.updateDesired { [good] set in
      for item in good { set.items[item.id] = item }
      for id in desired.removed { set.items[id] = nil }
    }
    return refused
  }

  /// Why an item cannot be deployed, as far as reading it tells; nil when it can.
  private func problem(of item: DeploymentItem) async throws -> String? {
    guard let options = try await state.blobs.read(item.optionsDigest),
      let content = try await state.blobs.read(item.contentDigest)
    else { return "a blob of \(item.id) was damaged on this agent's disk" }
    guard options.count <= AgentLimits.payloadBytes else {
      return "the options of \(item.id) have \(options.count) bytes; payloadBytes is \(AgentLimits.payloadBytes)"
    }
    do {
      let payload = try DeploymentPayload(decoding: options)
      _ = try Manifest(blob: content, expecting: payload.manifestID)
      return nil
    } catch {
      return "\(item.id): \(error)"
    }
  }

  /// What the deployer needs to know of the items that are here; those whose blobs are damaged are left out.
  func briefs(of items: some Sequence<DesiredItem>, logger: Logger) async -> [String: DeploymentBrief] {
    var briefs: [String: DeploymentBrief] = [:]
    for item in items {
      do {
        guard let options = try await state.blobs.read(item.optionsDigest),
          try await state.blobs.read(item.contentDigest) != nil
        else {
          logger.warning(
            "a blob is damaged or missing and will be fetched again", metadata: ["deployment": "\(item.id)"])
          continue
        }
        let payload = try DeploymentPayload(decoding: options)
        briefs[item.id] = DeploymentBrief(version: item.version, payload: payload)
      } catch {
        logger.warning("a deployment cannot be read", metadata: ["deployment": "\(item.id)", "error": "\(error)"])
      }
    }
    return briefs
  }
}

extension DesiredItem {
  /// What an item of a message says.
  init(_ item: DeploymentItem) {
    self.init(
      id: item.id, version: item.version, contentDigest: item.contentDigest, optionsDigest: item.optionsDigest)
  }
}
