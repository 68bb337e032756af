import Document

/// The id of one version of a bundle on a cluster (fleet-behaviour §3.6): the files' id, a colon, and a hash of the options.
public enum DeploymentID {
  /// The id for files and options. It changes with every option but `diff`, `correctDrift` and the internal
  /// `overwrites`, which do not need a new deployment.
  public static func make(manifestID: String, options: BundleDeploymentOptions) -> String {
    var hashed = options
    hashed.comparePatches = []
    hashed.correctDrift = nil
    // Says where objects came from when they moved in; what is deployed is the same with it and without.
    hashed.overwrites = []
    return "\(manifestID):\(Digests.sha256Hex(JSON.encode(hashed.value) + [0x0A]))"
  }

  /// The files' id in a deployment id.
  public static func manifestID(of deploymentID: String) -> String {
    String(deploymentID.prefix { $0 != ":" })
  }
}
