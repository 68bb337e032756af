import Document

/// The id of one version of a bundle on a cluster (fleet-behaviour §3.6): the files' id, a colon, and a hash of the options.
public enum DeploymentID {
  /// The id for files and options. It changes with every option but `diff` and `correctDrift`, which do not need a new
  /// deployment.
  public static func make(manifestID: String, options: BundleDeploymentOptions) -> String {
    var hashed = options
    hashed.comparePatches = []
    hashed.correctDrift = nil
    return "\(manifestID):\(Digests.sha256Hex(JSON.encode(hashed.value) + [0x0A]))"
  }

  /// The files' id in a deployment id.
  public static func manifestID(of deploymentID: String) -> String {
    String(deploymentID.prefix { $0 != ":" })
  }
}
