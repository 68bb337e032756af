import Foundation
import Wire

/// The change of a manager's bus key, on the files of its data directory.
public struct ManagerKeyChange: Sendable {
  private let path: String

  /// Prepares a change; nothing is read before it is asked for.
  public init(dataDirectory: String) {
    path = URL(fileURLWithPath: dataDirectory).standardizedFileURL.path + "/bus.key"
  }

  private var nextPath: String { ManagerKeys.nextPath(path) }

  /// Makes the next key, where there is none yet, and returns it as base64url.
  ///
  /// - Throws: ``ManagerError`` with code `configuration` where the directory is no manager's; `WireError`.
  public func begin() throws -> String {
    try requireManager()
    return try CurveKeyFile.loadOrCreate(nextPath).publicKey.base64URL
  }

  /// Makes the next key the manager's, and returns it as base64url.
  ///
  /// - Throws: ``ManagerError`` with code `configuration` where there is no next key, or the files cannot be written.
  public func finish() throws -> String {
    try requireManager()
    guard FileManager.default.fileExists(atPath: nextPath) else {
      throw ManagerError(
        .configuration, "there is no next key in \(nextPath): `flotilla manager rotate-key` without --finish makes one")
    }
    let pair = try CurveKeyFile.load(nextPath)
    // The one file that counts is whole before and after; a next key that is left over is the same as the key.
    try CurveKeyFile.save(pair, to: path)
    try cancel()
    return pair.publicKey.base64URL
  }

  /// Forgets the next key.
  ///
  /// - Throws: ``ManagerError`` with code `configuration` where the file cannot be removed.
  public func cancel() throws {
    try requireManager()
    do {
      if FileManager.default.fileExists(atPath: nextPath) { try FileManager.default.removeItem(atPath: nextPath) }
    } catch {
      throw ManagerError(
        .configuration, "the next key \(nextPath) cannot be removed: \(error.localizedDescription)", cause: error)
    }
  }

  private func requireManager() throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw ManagerError(
        .configuration, "there is no \(path): --data names the directory of a manager that has been started before")
    }
  }
}
