import Document
import Fleet
import Synchronization

/// What agents said lately of their deployments, read once for all who say the same: clusters that a change reaches together mostly
/// come to the same status in the same second.
final class RecentStatuses: Sendable {
  /// A status as it came. Hashed as a whole, where an array's elements would be hashed one by one.
  private struct Text: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }

  private let known = Mutex<[Text: BundleDeploymentStatus]>([:])

  /// How many are kept.
  var count: Int { known.withLock { $0.count } }

  /// Reads a status; nil where it is none.
  func status(_ bytes: [UInt8]) -> BundleDeploymentStatus? {
    let text = Text(bytes: bytes)
    if let read = known.withLock({ $0[text] }) { return read }
    guard let read = try? BundleDeploymentStatus(JSON.parse(bytes)) else { return nil }
    guard bytes.count <= Limits.recentStatusBytes else { return read }
    known.withLock { known in
      if known.count >= Limits.recentStatuses { known = [:] }
      known[text] = read
    }
    return read
  }
}
