import Document
import Fleet
import Store

/// A BundleDeployment's record and its agent's last report, seen together: the state that everything above is made of.
struct DeploymentView: Sendable, Hashable {
  let record: DeploymentRecord
  /// What the agent reported last; as before the first report where it is unreadable.
  let status: BundleDeploymentStatus

  /// Joins a record with a stored report, if there is one.
  init(record: DeploymentRecord, reported: StoredObject?) {
    self.init(record: record, status: reported.flatMap { try? BundleDeploymentStatus(reported: $0) })
  }

  /// Joins a record with what its agent reported last, if that can be read.
  init(record: DeploymentRecord, status reported: BundleDeploymentStatus?) {
    self.record = record
    var status = reported ?? BundleDeploymentStatus()
    // What the manager itself cannot make for this cluster outweighs what the agent says of the version before.
    if !record.error.isEmpty {
      status.conditions.set(
        "Deployed", false, reason: "Targeting", message: record.error,
        at: Timestamp(record.created) ?? Timestamp(seconds: 0))
    }
    self.status = status
  }

  /// fleet-behaviour §5.13.
  var state: BundleState {
    guard record.error.isEmpty else { return .errApplied }
    return status.state(
      desiredID: record.current?.deploymentID ?? "", stagedID: record.staged?.deploymentID ?? "")
  }

  /// What is said of the deployment on its Bundle, GitRepo and Cluster.
  var message: String {
    record.error.isEmpty ? status.message(desiredID: record.current?.deploymentID ?? "") : record.error
  }

  /// The `status` of the BundleDeployment that people read.
  static func status(of record: DeploymentRecord, reported: StoredObject?) -> Value {
    let view = DeploymentView(record: record, reported: reported)
    var value = view.status.value
    value["display"] = view.status.display(state: view.state)
    return value
  }
}

extension BundleDeploymentStatus {
  /// Reads a stored report, once for all who see the same change of it; throws where it is not one.
  init(reported stored: StoredObject) throws {
    self = try stored.reading { try BundleDeploymentStatus(JSON.parse($0.body)) }
  }

  /// Reads a stored report's body; nil where it is not one.
  init?(reported body: [UInt8]) {
    guard let value = try? JSON.parse(body), let status = try? BundleDeploymentStatus(value) else { return nil }
    self = status
  }
}
