import Foundation

/// UIDs as Kubernetes writes them.
enum UUIDText {
  static func make() -> String { UUID().uuidString.lowercased() }
}
