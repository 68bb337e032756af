import Document

/// One condition of a status, in the shape that Fleet's kinds use (fleet-behaviour §1.1).
public struct Condition: Sendable, Hashable {
  /// The condition's name, such as `Ready`.
  public var type: String
  /// `True`, `False` or `Unknown`.
  public var status: String
  /// When anything of it last changed.
  public var lastUpdateTime: String
  /// When `status` last changed.
  public var lastTransitionTime: String
  /// One word for programs; may be empty.
  public var reason: String
  /// A text for people; empty when all is well.
  public var message: String

  /// A condition without times.
  public init(_ type: String, _ status: Bool?, reason: String = "", message: String = "") {
    self.type = type
    self.status = status.map { $0 ? "True" : "False" } ?? "Unknown"
    lastUpdateTime = ""
    lastTransitionTime = ""
    self.reason = reason
    self.message = message
  }

  /// Reads a condition; nil when it has no type.
  public init?(_ value: Value) {
    guard let type = value["type"]?.string, !type.isEmpty else { return nil }
    self.type = type
    let status = value["status"]?.string ?? ""
    self.status = status.isEmpty ? "Unknown" : status
    lastUpdateTime = value["lastUpdateTime"]?.string ?? ""
    lastTransitionTime = value["lastTransitionTime"]?.string ?? ""
    reason = value["reason"]?.string ?? ""
    message = value["message"]?.string ?? ""
  }

  /// The condition as a tree, without empty fields.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("type", type)
    writer.set("status", status)
    writer.set("lastUpdateTime", lastUpdateTime)
    writer.set("lastTransitionTime", lastTransitionTime)
    writer.set("reason", reason)
    writer.set("message", message)
    return writer.value
  }

  /// Whether the condition is `True`.
  public var isTrue: Bool { status == "True" }
  /// Whether the condition is `False`.
  public var isFalse: Bool { status == "False" }
}

/// The conditions of one object, in the order in which they first appeared. Setting one that says nothing new changes
/// nothing, so a status that stays the same is not written again (checklist G10).
public struct Conditions: Sendable, Hashable {
  /// The conditions themselves, one per type.
  public private(set) var all: [Condition]

  /// No conditions.
  public init() { all = [] }

  /// Reads `status.conditions`; what is not a condition is left out, of repeated types the first stays.
  public init(_ value: Value?) {
    all = []
    for element in value?.array ?? [] {
      guard let condition = Condition(element), self[condition.type] == nil else { continue }
      all.append(condition)
    }
  }

  /// The condition of a type.
  public subscript(type: String) -> Condition? { all.first { $0.type == type } }

  /// The list for `status.conditions`.
  public var value: Value { .array(all.map(\.value)) }

  /// Sets a condition; `nil` as status means `Unknown`. `lastTransitionTime` moves when the status changes,
  /// `lastUpdateTime` when anything does.
  ///
  /// - Returns: whether anything changed.
  @discardableResult
  public mutating func set(
    _ type: String, _ status: Bool?, reason: String = "", message: String = "", at now: Timestamp
  ) -> Bool {
    var new = Condition(type, status, reason: reason, message: Conditions.cut(message))
    new.lastUpdateTime = now.description
    guard let index = all.firstIndex(where: { $0.type == type }) else {
      new.lastTransitionTime = now.description
      all.append(new)
      return true
    }
    let old = all[index]
    if old.status == new.status, old.reason == new.reason, old.message == new.message { return false }
    let transition = old.status == new.status && !old.lastTransitionTime.isEmpty
    new.lastTransitionTime = transition ? old.lastTransitionTime : now.description
    all[index] = new
    return true
  }

  /// Takes a condition away.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  public mutating func remove(_ type: String) -> Bool {
    guard let index = all.firstIndex(where: { $0.type == type }) else { return false }
    all.remove(at: index)
    return true
  }

  /// A message within ``Limits/messageBytes``; a longer one ends in an ellipsis.
  static func cut(_ message: String) -> String {
    guard message.utf8.count > Limits.messageBytes else { return message }
    return String(decoding: message.utf8.prefix(Limits.messageBytes), as: UTF8.self) + "\u{2026}"
  }
}
