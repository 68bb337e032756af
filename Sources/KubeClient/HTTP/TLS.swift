import NIOSSL

extension KubeConfig {
  /// The TLS settings that this configuration asks for.
  ///
  /// - Throws: `.configuration` naming the part that is not PEM.
  func tlsConfiguration() throws(KubeClientError) -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    if insecureSkipTLSVerify {
      tls.certificateVerification = .none
    } else if let certificateAuthority {
      tls.trustRoots = .certificates(try certificates(certificateAuthority, "certificate authority"))
    }
    if let clientCertificate, let clientKey {
      tls.certificateChain = try certificates(clientCertificate, "client certificate").map { .certificate($0) }
      do {
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: clientKey, format: .pem))
      } catch {
        throw KubeClientError(.configuration, "\(server): the client key is no private key in PEM", cause: error)
      }
    }
    return tls
  }

  private func certificates(_ pem: [UInt8], _ what: String) throws(KubeClientError) -> [NIOSSLCertificate] {
    do {
      return try NIOSSLCertificate.fromPEMBytes(pem)
    } catch {
      throw KubeClientError(.configuration, "\(server): the \(what) is no certificate in PEM", cause: error)
    }
  }
}
