import Foundation

/// Where the manager keeps what is durable, all below one directory that only its user may enter.
struct DataDirectory: Sendable {
  /// The store's directory.
  let database: String
  /// Bare mirrors of git repositories.
  let git: String
  /// Charts from elsewhere; they can be fetched again.
  let charts: String
  /// The API's certificate authority and serving certificate.
  let certificates: String
  /// The bus's key pair.
  let busKey: String
  /// The kubeconfig of the first user.
  let adminKubeconfig: String

  /// Makes what is missing; throws ``ManagerError`` with code `configuration` where that is not possible.
  init(_ path: String) throws {
    let root = URL(fileURLWithPath: path).standardizedFileURL.path
    database = root + "/store"
    git = root + "/git"
    charts = root + "/charts"
    certificates = root + "/tls"
    busKey = root + "/bus.key"
    adminKubeconfig = root + "/admin.kubeconfig"
    do {
      for directory in [root, database, git, charts, certificates] {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      }
    } catch {
      throw ManagerError(
        .configuration,
        "the data directory \(root) cannot be made or written: \(error.localizedDescription); choose another with --data, or its owner",
        cause: error)
    }
    guard FileManager.default.isWritableFile(atPath: root) else {
      throw ManagerError(
        .configuration,
        "the data directory \(root) is not writable by this user; change its owner or choose another with --data")
    }
  }
}
