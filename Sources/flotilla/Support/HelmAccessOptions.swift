import ArgumentParser
import Fleet
import Foundation
import Manager

/// Credentials for charts from elsewhere (fleet-behaviour §2.5, §9.1).
struct HelmAccessOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The user of chart repositories; default: HELM_USERNAME.", valueName: "name"))
  var username: String?

  @Option(help: ArgumentHelp("A file with the password of chart repositories.", valueName: "file"))
  var passwordFile: String?

  @Option(help: ArgumentHelp("A file with certificates to trust, PEM.", valueName: "file"))
  var cacertsFile: String?

  @Option(
    name: .customLong("ssh-privatekey-file"),
    help: ArgumentHelp("A file with a private key for charts in git over SSH.", valueName: "file"))
  var sshPrivateKeyFile: String?

  @Option(
    help: ArgumentHelp(
      "Credentials are only sent to repositories that this matches from their beginning; without it to none.",
      valueName: "regex"))
  var helmRepoURLRegex: String?

  @Flag(help: "Talk to OCI registries without TLS.")
  var helmBasicHTTP = false

  @Flag(name: .customLong("helm-insecure-skip-tls"), help: "Do not verify certificates of chart repositories.")
  var helmInsecureSkipTLS = false

  @Option(
    help: ArgumentHelp(
      "A file with credentials by path, as the key secrets-path.yaml of helmSecretNameForPaths.", valueName: "file"))
  var helmCredentialsByPathFile: String?

  @Flag(help: "Ask chart repositories again for what was fetched before.")
  var refreshCharts = false

  /// What the options come to; reads their files.
  func sources() throws -> ChartSources {
    var credentials = HelmCredentials()
    credentials.username = username ?? ProcessInfo.processInfo.environment["HELM_USERNAME"] ?? ""
    if let passwordFile { credentials.password = try DocumentInput.secret(passwordFile, option: "--password-file") }
    if let cacertsFile { credentials.caCertificates = try DocumentInput.secret(cacertsFile, option: "--cacerts-file") }
    if let sshPrivateKeyFile {
      credentials.sshPrivateKey = try DocumentInput.secret(sshPrivateKeyFile, option: "--ssh-privatekey-file") + "\n"
    }
    credentials.insecureSkipTLSVerify = helmInsecureSkipTLS
    credentials.basicHTTP = helmBasicHTTP
    let byPath = try helmCredentialsByPathFile.map { file in
      try HelmCredentials.byPath(
        secretData: [
          HelmCredentials.pathsKey: try DocumentInput.bytes(file, option: "--helm-credentials-by-path-file")
        ], secret: file)
    }
    let access = try ChartAccess(
      regex: helmRepoURLRegex ?? "", credentials: credentials.isEmpty ? nil : credentials, byPath: byPath,
      insecureSkipTLSVerify: helmInsecureSkipTLS)
    return ChartSources(access: access, knownHosts: knownHosts())
  }

  /// The SSH servers that the user trusts already.
  private func knownHosts() -> String? {
    guard let home = ProcessInfo.processInfo.environment["HOME"] else { return nil }
    return try? String(contentsOfFile: home + "/.ssh/known_hosts", encoding: .utf8)
  }
}
