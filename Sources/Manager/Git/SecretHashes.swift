import Document

/// Digests of the data of the Secrets that a GitRepo's Bundles were made with, as its annotations remember them
/// (fleet-behaviour §1.13): a rotated Secret triggers a new build. Nothing in them is secret.
struct SecretHashes: Sendable, Hashable {
  private static let names = [
    "fleet.cattle.io/client-secret-hash", "fleet.cattle.io/helm-secret-hash",
    "fleet.cattle.io/helm-secret-for-paths-hash",
  ]

  /// One for each name; empty where there is no such Secret.
  private let hashes: [String]

  init(_ access: GitAccess, _ charts: GitRepoCharts) {
    hashes = [access.fingerprint, charts.secretHash, charts.secretForPathsHash]
  }

  init(annotations: [String: String]) {
    hashes = Self.names.map { annotations[$0] ?? "" }
  }

  /// All of them as one text.
  var text: String { hashes.joined(separator: " ") }

  func write(to annotations: inout [String: Value]) {
    for (name, hash) in zip(Self.names, hashes) { annotations[name] = hash.isEmpty ? Value?.none : .string(hash) }
  }
}
