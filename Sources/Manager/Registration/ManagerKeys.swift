import Foundation
import Wire

/// The manager's own key pair, and the one that it is going to have.
///
/// CURVE gives a socket one key, so the two are not served at once: the next key is told to every agent over its session, and
/// agents that know it accept either. When all do, the manager is started with the next one.
struct ManagerKeys: Sendable {
  /// What the bus proves now.
  let pair: CurveKeyPair
  /// The key that is to come; nil while no change is under way.
  let next: CurvePublicKey?

  /// What the bus proves now.
  var current: CurvePublicKey { pair.publicKey }
  /// Where the next pair of a key file is.
  static func nextPath(_ path: String) -> String { path + ".next" }

  /// Reads the pair, making it where it is missing, and the next one, if there is one.
  static func load(_ path: String) throws -> ManagerKeys {
    let next = FileManager.default.fileExists(atPath: nextPath(path)) ? try CurveKeyFile.load(nextPath(path)) : nil
    let pair = try CurveKeyFile.loadOrCreate(path)
    return ManagerKeys(pair: pair, next: next?.publicKey == pair.publicKey ? nil : next?.publicKey)
  }
}
