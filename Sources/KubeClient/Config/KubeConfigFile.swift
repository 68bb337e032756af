import Document

extension KubeConfig {
  /// Reads a kubeconfig file. Paths in it are relative to its own folder.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - context: the context to use; nil takes `current-context`.
  ///   - limits: `configurationBytes` applies.
  /// - Throws: `.configuration` that names the file and the entry.
  public static func load(
    path: String, context: String? = nil, limits: KubeClientLimits = .init()
  ) throws(KubeClientError) -> KubeConfig {
    let bytes = try SmallFile.read(path, limit: limits.configurationBytes)
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return try load(
      bytes, name: path, folder: folder.isEmpty && path.hasPrefix("/") ? "/" : folder, context: context, limits)
  }

  /// Reads a kubeconfig from memory.
  ///
  /// - Parameters:
  ///   - text: the document, YAML or JSON.
  ///   - name: what to call it in errors.
  ///   - folder: what paths in it are relative to.
  ///   - context: the context to use; nil takes `current-context`.
  ///   - limits: `configurationBytes` applies to the files that it names.
  /// - Throws: `.configuration` that names the entry.
  public static func load(
    text: String, name: String = "kubeconfig", folder: String = ".", context: String? = nil,
    limits: KubeClientLimits = .init()
  ) throws(KubeClientError) -> KubeConfig {
    try load(Array(text.utf8), name: name, folder: folder, context: context, limits)
  }

  private static func load(
    _ bytes: [UInt8], name: String, folder: String, context: String?, _ limits: KubeClientLimits
  ) throws(KubeClientError) -> KubeConfig {
    let document: Value
    do throws(DocumentError) {
      document = try YAML.parse(bytes, file: name).first ?? .null
    } catch {
      throw KubeClientError(.configuration, error.description, cause: error)
    }
    let reader = Reader(document: document, name: name, folder: folder, limits: limits)
    return try reader.config(context: context)
  }

  /// The entries of one kubeconfig document.
  private struct Reader {
    let document: Value
    let name: String
    let folder: String
    let limits: KubeClientLimits

    func config(context wanted: String?) throws(KubeClientError) -> KubeConfig {
      guard let contextName = wanted ?? document["current-context"]?.string, !contextName.isEmpty else {
        throw problem("has no current-context; name a context")
      }
      let context = try entry("contexts", "context", contextName)
      guard let clusterName = context["cluster"]?.string else {
        throw problem("context \"\(contextName)\" names no cluster")
      }
      let cluster = try entry("clusters", "cluster", clusterName)
      guard let server = cluster["server"]?.string, server.hasPrefix("https://") || server.hasPrefix("http://") else {
        throw problem("cluster \"\(clusterName)\" needs a server that begins with https://")
      }
      var config = KubeConfig(server: server)
      config.certificateAuthority = try bytes(cluster, "certificate-authority", of: "cluster \"\(clusterName)\"")
      config.insecureSkipTLSVerify = cluster["insecure-skip-tls-verify"]?.bool ?? false
      config.tlsServerName = cluster["tls-server-name"]?.string
      if let namespace = context["namespace"]?.string, !namespace.isEmpty { config.namespace = namespace }
      if let userName = context["user"]?.string, !userName.isEmpty {
        try add(try entry("users", "user", userName), named: userName, to: &config)
      }
      return config
    }

    private func add(_ user: Value, named userName: String, to config: inout KubeConfig) throws(KubeClientError) {
      let owner = "user \"\(userName)\""
      for plugin in ["exec", "auth-provider"] where user[plugin] != nil {
        throw problem(
          "\(owner) uses \(plugin), which would run another program for its credentials, and Flotilla runs none: give it a client "
            + "certificate, a token or a tokenFile")
      }
      if user["username"] != nil || user["password"] != nil {
        throw problem("\(owner) has a user name and password, which API servers no longer take: give it a token")
      }
      config.clientCertificate = try bytes(user, "client-certificate", of: owner)
      config.clientKey = try bytes(user, "client-key", of: owner)
      guard (config.clientCertificate == nil) == (config.clientKey == nil) else {
        throw problem("\(owner) needs both a client-certificate and a client-key")
      }
      if let token = user["token"]?.string, !token.isEmpty {
        config.token = .fixed(token)
      } else if let path = user["tokenFile"]?.string, !path.isEmpty {
        config.token = .file(resolve(path))
      }
      config.impersonatedUser = user["as"]?.string
      config.impersonatedGroups = (user["as-groups"]?.array ?? []).compactMap(\.string)
    }

    private func entry(_ list: String, _ member: String, _ wanted: String) throws(KubeClientError) -> Value {
      guard let found = document[list]?.array?.first(where: { $0["name"]?.string == wanted }) else {
        throw problem("has no entry \"\(wanted)\" in \(list)")
      }
      return found[member] ?? [:]
    }

    /// The content of `<key>-data`, or of the file that `<key>` names; nil if there is neither.
    private func bytes(_ value: Value, _ key: String, of owner: String) throws(KubeClientError) -> [UInt8]? {
      if let text = value["\(key)-data"]?.string, !text.isEmpty {
        guard let bytes = Base64.decode(text) else { throw problem("\(key)-data of \(owner) is not base64") }
        return bytes
      }
      guard let path = value[key]?.string, !path.isEmpty else { return nil }
      return try SmallFile.read(resolve(path), limit: limits.configurationBytes)
    }

    private func resolve(_ path: String) -> String {
      path.hasPrefix("/") || folder.isEmpty ? path : (folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)")
    }

    private func problem(_ message: String) -> KubeClientError {
      KubeClientError(.configuration, "\(name): \(message)")
    }
  }

  /// The configuration of a pod: its service account's token and CA, and the address in its environment.
  ///
  /// - Parameters:
  ///   - environment: the process' environment.
  ///   - directory: where the service account is mounted.
  /// - Throws: `.configuration` when this is no pod, or it mounts no service account.
  public static func inCluster(
    environment: [String: String], directory: String = "/var/run/secrets/kubernetes.io/serviceaccount",
    limits: KubeClientLimits = .init()
  ) throws(KubeClientError) -> KubeConfig {
    guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty else {
      throw KubeClientError(
        .configuration, "not in a pod: KUBERNETES_SERVICE_HOST is not set; pass a kubeconfig instead")
    }
    let port = environment["KUBERNETES_SERVICE_PORT"] ?? "443"
    var config = KubeConfig(server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)")
    config.certificateAuthority = try SmallFile.read("\(directory)/ca.crt", limit: limits.configurationBytes)
    // Read now, so that a missing token is found at the start and not at the first request.
    _ = try SmallFile.read("\(directory)/token", limit: limits.configurationBytes)
    config.token = .file("\(directory)/token")
    if let namespace = try? SmallFile.read("\(directory)/namespace", limit: limits.configurationBytes) {
      config.namespace = String(decoding: namespace, as: UTF8.self).trimmedOfSpace
    }
    return config
  }
}

extension String {
  /// Without white space at either end.
  var trimmedOfSpace: String {
    let start = drop { $0.isWhitespace }
    return String(
      start.prefix(upTo: start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex))
  }
}
