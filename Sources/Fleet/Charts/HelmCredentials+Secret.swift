import Document

/// The two forms of Secrets with credentials for chart repositories (fleet-behaviour §2.5).
extension HelmCredentials {
  /// The key of a Secret that holds credentials by path.
  public static let pathsKey = "secrets-path.yaml"

  /// Reads the Secret that `helmSecretName` names: `username`, `password`, `cacerts`, `ssh-privatekey`,
  /// `insecureSkipVerify`, `basicHTTP`.
  ///
  /// - Parameters:
  ///   - data: the Secret's data, out of base64.
  ///   - secret: the Secret's name, for messages.
  /// - Throws: ``FleetError`` with code `invalidField` that names Secret and key, and shows no value.
  public init(secretData data: [String: [UInt8]], secret: String) throws(FleetError) {
    func text(_ key: String) throws(FleetError) -> String {
      guard let bytes = data[key] else { return "" }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FleetError(.invalidField, "is not UTF-8", key: "Secret \(secret), key \(key)")
      }
      return text
    }
    func flag(_ key: String) throws(FleetError) -> Bool {
      let text = try text(key)
      if text.isEmpty { return false }
      guard let flag = HelmCredentials.flag(text) else {
        throw FleetError(.invalidField, "must be true or false", key: "Secret \(secret), key \(key)")
      }
      return flag
    }
    self.init(
      username: try text("username"), password: try text("password"), caCertificates: try text("cacerts"),
      sshPrivateKey: try text("ssh-privatekey"), insecureSkipTLSVerify: try flag("insecureSkipVerify"),
      basicHTTP: try flag("basicHTTP"))
    for (given, missing) in [("username", "password"), ("password", "username")]
    where data[given] != nil && data[missing] == nil {
      throw FleetError(
        .invalidField, "\(given) is set in the secret, but \(missing) isn't", key: "Secret \(secret)")
    }
  }

  /// Reads the Secret that `helmSecretNameForPaths` names: the key `secrets-path.yaml` maps paths and globs of paths to
  /// `username`, `password`, `caBundle`, `sshPrivateKey`, `insecureSkipVerify` and `basicHTTP`. The two that are files
  /// (`caBundle`, `sshPrivateKey`) may be in base64, as Fleet has them, or PEM.
  ///
  /// - Throws: ``FleetError`` with code `missingFile`, `invalidDocument` or `invalidField` that names Secret, key and path,
  ///   and shows no value.
  public static func byPath(
    secretData data: [String: [UInt8]], secret: String
  ) throws(FleetError) -> [String: HelmCredentials] {
    let place = "Secret \(secret), key \(pathsKey)"
    guard let bytes = data[pathsKey] else {
      throw FleetError(
        .missingFile, "is missing; it maps the bundles' paths to their credentials", key: place)
    }
    let documents: [Value]
    do {
      documents = try YAML.parse(bytes, limits: DocumentLimits(bytes: Limits.configurationBytes))
    } catch {
      // A syntax error's text may quote the document, which holds secrets.
      throw FleetError(.invalidDocument, "is not YAML: there is a mistake in line \(error.line)", key: place)
    }
    guard let root = documents.first else { return [:] }
    guard let members = root.object else {
      throw FleetError(.invalidDocument, "must map paths to credentials, but is of type \(root.typeName)", key: place)
    }
    guard members.count <= Limits.credentialPaths else {
      throw FleetError(
        .limitExceeded, "has more than \(Limits.credentialPaths) paths (credentialPaths)", key: place)
    }
    var result: [String: HelmCredentials] = [:]
    for (path, value) in members {
      let place = "\(place), path \(path)"
      guard value.isNull || value.object != nil else {
        throw FleetError(.invalidField, "must be an object, but is of type \(value.typeName)", key: place)
      }
      guard Glob(Paths.clean(path)) != nil else {
        throw FleetError(
          .invalidField, "is not a valid pattern of paths; a bracket is not closed or a backslash ends it", key: place)
      }
      result[path] = try entry(value, place: place)
    }
    return result
  }

  private static func entry(_ value: Value, place: String) throws(FleetError) -> HelmCredentials {
    func text(_ key: String) throws(FleetError) -> String {
      guard let member = value[key], !member.isNull else { return "" }
      guard let text = member.string else {
        throw FleetError(.invalidField, "\(key) must be a string, but is of type \(member.typeName)", key: place)
      }
      return text
    }
    func flag(_ key: String) throws(FleetError) -> Bool {
      guard let member = value[key], !member.isNull else { return false }
      guard let flag = member.bool ?? member.string.flatMap(HelmCredentials.flag) else {
        throw FleetError(.invalidField, "\(key) must be true or false", key: place)
      }
      return flag
    }
    func file(_ key: String) throws(FleetError) -> String {
      let text = try text(key)
      guard !text.isEmpty, !text.contains("-----BEGIN"), let bytes = Base64.decode(text),
        let decoded = String(validating: bytes, as: UTF8.self)
      else { return text }
      return decoded
    }
    return HelmCredentials(
      username: try text("username"), password: try text("password"), caCertificates: try file("caBundle"),
      sshPrivateKey: try file("sshPrivateKey"), insecureSkipTLSVerify: try flag("insecureSkipVerify"),
      basicHTTP: try flag("basicHTTP"))
  }

  /// The texts that Go takes for booleans.
  private static func flag(_ text: String) -> Bool? {
    switch text {
    case "1", "t", "T", "TRUE", "true", "True": true
    case "0", "f", "F", "FALSE", "false", "False": false
    default: nil
    }
  }
}
