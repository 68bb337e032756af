/// The environment of Helm's children: nothing of this process's own but what is named here.
enum WorkerEnvironment {
  /// What every child gets.
  static func base(libraryPath: String, memoryBytes: Int) -> [String: String] {
    [
      HelmLibrary.environmentVariable: libraryPath,
      "HOME": "/nonexistent",
      "PATH": "/usr/bin:/bin",
      // Go collects its garbage before it runs into the limit.
      "GOMEMLIMIT": "\(memoryBytes / 4 * 3)",
      "GOTRACEBACK": "none",
    ]
  }

  /// What a child that fetches gets beside: its directory in place of every folder that Helm would use.
  static func pulling(directory: String, certificates: String?, inherited: [String: String]) -> [String: String] {
    var environment = ["HOME": directory, "TMPDIR": directory]
    for name in [
      "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
      "XDG_DATA_HOME", "DOCKER_CONFIG",
    ] { environment[name] = directory + "/helm" }
    // Go reads the file in place of the system's bundle, and the system's directories of certificates as well.
    environment["SSL_CERT_FILE"] = certificates ?? inherited["SSL_CERT_FILE"]
    for name in ["SSL_CERT_DIR"] + proxies { environment[name] = inherited[name] }
    return environment
  }

  /// What a child gets beside that speaks to a cluster: where the pod's API server is, and a directory for its temporary files and
  /// for what it learns of the cluster's API.
  static func cluster(directory: String, inherited: [String: String]) -> [String: String] {
    var environment = ["HOME": directory, "TMPDIR": directory, "KUBECACHEDIR": directory + "/cache"]
    for name in ["KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SSL_CERT_FILE", "SSL_CERT_DIR"]
      + proxies
    { environment[name] = inherited[name] }
    return environment
  }

  private static let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
}
