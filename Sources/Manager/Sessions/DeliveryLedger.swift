import Document
import Wire

/// When deployments were sent to an agent in one session, and what it answered: for people who ask, not for the protocol.
///
/// A value. It costs one entry for each deployment that was sent in this session, up to ``Limits/deliveriesRemembered`` and
/// as many again, of which the oldest go together.
struct DeliveryLedger: Sendable {
  /// The last sending of one deployment.
  struct Entry: Sendable, Hashable {
    /// What the agent said.
    enum Answer: Sendable, Hashable {
      case acknowledged(Timestamp)
      case refused(Timestamp, String)
    }

    /// The version that was sent.
    var version: String
    /// The revision that it was sent as part of.
    var revision: UInt64
    /// When it was sent.
    var sent: Timestamp
    /// What the agent said; nil while it has not.
    var answer: Answer?
  }

  private var recent: [String: Entry] = [:]
  private var older: [String: Entry] = [:]
  private let capacity: Int

  init(capacity: Int = Limits.deliveriesRemembered) { self.capacity = capacity }

  /// The last sending of a deployment, where it is remembered.
  subscript(id: String) -> Entry? { recent[id] ?? older[id] }

  /// Deployments were sent.
  mutating func sent(_ desired: Desired, at now: Timestamp) {
    for item in desired.set {
      set(item.id, Entry(version: item.version, revision: desired.revision, sent: now))
    }
  }

  /// The agent holds these versions durably, and the removed ones no more.
  mutating func acknowledged(_ items: [InventoryItem], removed: [String], at now: Timestamp) {
    for item in items { answer(item.id, version: item.version, .acknowledged(now)) }
    for id in removed {
      recent[id] = nil
      older[id] = nil
    }
  }

  /// The agent does not take these versions.
  mutating func refused(_ items: [NackItem], message: String, at now: Timestamp) {
    for item in items {
      answer(item.id, version: item.version, .refused(now, item.message.isEmpty ? message : item.message))
    }
  }

  private mutating func answer(_ id: String, version: String, _ answer: Entry.Answer) {
    guard var entry = self[id], entry.version == version else { return }
    entry.answer = answer
    set(id, entry)
  }

  private mutating func set(_ id: String, _ entry: Entry) {
    if recent.count >= capacity, recent[id] == nil {
      older = recent
      recent = [:]
    }
    recent[id] = entry
  }
}

/// What a live session knows of the delivery of one deployment.
struct DeliveryFacts: Sendable, Hashable {
  /// When the agent's session began.
  var connectedSince: Timestamp
  /// The version of the agent itself.
  var agentVersion = ""
  /// The version of the deployment that the agent holds durably.
  var held: String?
  /// The version that it refused.
  var refused: String?
  /// The last sending in this session.
  var last: DeliveryLedger.Entry?
}
