import Crypto
import Foundation
import SwiftASN1
import X509

/// Makes the certificate authority and the certificates it signs. P-256 throughout.
enum CertificateIssuer {
  /// A certificate with its key, as PEM.
  struct Identity: Sendable {
    var certificatePEM: String
    var keyPEM: String
  }

  /// A new authority: self-signed, may sign leaf certificates only.
  static func makeAuthority(now: Date) throws -> Identity {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName {
      OrganizationName("Flotilla")
      CommonName("flotilla-ca-\(RandomIdentity.nameSuffix())")
    }
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
      notValidBefore: now.addingTimeInterval(-300), notValidAfter: now.addingTimeInterval(days(Limits.authorityDays)),
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: .init(key.publicKey))
      },
      issuerPrivateKey: .init(key))
    return Identity(certificatePEM: try pem(certificate), keyPEM: key.pemRepresentation)
  }

  /// A serving certificate for host names and addresses, signed by the authority.
  static func makeServing(hosts: [String], authority: Identity, now: Date) throws -> Identity {
    let issuer = try Certificate(pemEncoded: authority.certificatePEM)
    let issuerKey = try Certificate.PrivateKey(pemEncoded: authority.keyPEM)
    let key = P256.Signing.PrivateKey()
    let end = min(now.addingTimeInterval(days(Limits.servingDays)), issuer.notValidAfter)
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
      notValidBefore: now.addingTimeInterval(-300), notValidAfter: end, issuer: issuer.subject,
      subject: try DistinguishedName { CommonName("flotilla-api") }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(hosts.map(generalName))
        AuthorityKeyIdentifier(
          keyIdentifier: try issuer.extensions.subjectKeyIdentifier?.keyIdentifier)
      },
      issuerPrivateKey: issuerKey)
    return Identity(certificatePEM: try pem(certificate), keyPEM: key.pemRepresentation)
  }

  /// Whether a serving certificate can go on being used: signed by this authority, for exactly these hosts, matching its
  /// key, and not near its end.
  static func isUsable(_ serving: Identity, hosts: [String], authority: Identity, now: Date) -> Bool {
    guard let certificate = try? Certificate(pemEncoded: serving.certificatePEM),
      let issuer = try? Certificate(pemEncoded: authority.certificatePEM),
      let key = try? Certificate.PrivateKey(pemEncoded: serving.keyPEM), key.publicKey == certificate.publicKey,
      issuer.publicKey.isValidSignature(certificate.signature, for: certificate),
      let names = try? certificate.extensions.subjectAlternativeNames
    else { return false }
    return certificate.notValidBefore <= now
      && certificate.notValidAfter > now.addingTimeInterval(days(Limits.renewalDays))
      && Set(names) == Set(hosts.map(generalName))
  }

  /// Whether an authority's certificate and key belong together and can still sign.
  static func isUsable(authority: Identity, now: Date) -> Bool {
    guard let certificate = try? Certificate(pemEncoded: authority.certificatePEM),
      let key = try? Certificate.PrivateKey(pemEncoded: authority.keyPEM)
    else { return false }
    return key.publicKey == certificate.publicKey
      && certificate.notValidAfter > now.addingTimeInterval(days(Limits.renewalDays))
  }

  private static func generalName(_ host: String) -> GeneralName {
    Addresses.bytes(of: host).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(host)
  }

  private static func days(_ count: Int) -> TimeInterval { TimeInterval(count) * 86_400 }

  private static func pem(_ certificate: Certificate) throws -> String {
    try certificate.serializeAsPEM().pemString + "\n"
  }
}
