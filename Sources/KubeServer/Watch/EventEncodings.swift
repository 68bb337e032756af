import Document
import Synchronization

/// The last encoded events of one kind, so that many watchers of the same object cost one encoding.
final class EventEncodings: Sendable {
  private struct Key: Hashable {
    let type: String
    let version: String
    let namespace: String
    let name: String
  }

  private struct State {
    var encoded: [Key: [UInt8]] = [:]
    var order: [Key] = []
    var oldest = 0
  }

  private let state = Mutex(State())

  /// `{"type":...,"object":...}` and a newline. Only `object` as the storage gave it may be passed: the revision stands
  /// for the contents.
  func line(type: String, object: Value) -> [UInt8] {
    let key = Key(
      type: type, version: object.at("metadata", "resourceVersion")?.string ?? "",
      namespace: object.at("metadata", "namespace")?.string ?? "", name: object.at("metadata", "name")?.string ?? "")
    if let known = state.withLock({ $0.encoded[key] }) { return known }
    let bytes = Self.encode(type: type, object: object)
    if bytes.count <= Limits.encodedEventBytes { remember(bytes, key) }
    return bytes
  }

  /// The same without remembering.
  static func encode(type: String, object: Value) -> [UInt8] {
    var bytes = Array("{\"type\":\"\(type)\",\"object\":".utf8)
    bytes += JSON.encode(object)
    bytes += [UInt8(ascii: "}"), 10]
    return bytes
  }

  private func remember(_ bytes: [UInt8], _ key: Key) {
    state.withLock { state in
      guard state.encoded.updateValue(bytes, forKey: key) == nil else { return }
      if state.order.count < Limits.encodedEvents {
        state.order.append(key)
      } else {
        state.encoded[state.order[state.oldest]] = nil
        state.order[state.oldest] = key
        state.oldest = (state.oldest + 1) % Limits.encodedEvents
      }
    }
  }
}
