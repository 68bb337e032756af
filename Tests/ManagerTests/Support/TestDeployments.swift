import Fleet

@testable import Manager

/// Deployments and what agents say of them, for tests that only count or look at them.
enum TestDeployments {
  /// A record whose version of this id is staged and released.
  static func record(_ id: String, bundle: ObjectName, cluster: ObjectName) -> DeploymentRecord {
    let version = DeploymentRecord.Version(deploymentID: id, content: "c", payload: "p")
    return DeploymentRecord(
      uid: "u", created: "2026-01-01T00:00:00Z", generation: 1, bundle: bundle, cluster: cluster, current: version,
      staged: version, paused: false, error: "")
  }

  /// The status of an agent that has deployed a version.
  static func status(_ id: String, ready: Bool) -> [UInt8] {
    let text =
      #"{"appliedDeploymentID":"\#(id)","ready":\#(ready),"nonModified":true,"conditions":["#
      + #"{"type":"Deployed","status":"True"},{"type":"Ready","status":"\#(ready ? "True" : "False")"}]}"#
    return Array(text.utf8)
  }
}

extension DeploymentRecord {
  /// The record with other fields.
  func with(_ change: (inout Fields) -> Void) -> DeploymentRecord {
    var fields = fields
    change(&fields)
    return DeploymentRecord(fields)
  }
}
