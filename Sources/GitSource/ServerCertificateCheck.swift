import Dispatch
import Foundation
import SwiftASN1
import Synchronization
import X509

/// Whether an HTTPS server's certificate is trusted: by the system, or else by the remote's own CA bundle.
///
/// libgit2's own trust store is one for the whole process, so a remote's CA bundle never goes there: one tenant's CA would
/// vouch for another tenant's servers. The certificate that libgit2 hands over is checked here instead.
enum ServerCertificateCheck {
  /// Why the server is not trusted; nil when it is.
  static func failure(of leaf: [UInt8], isValid: Bool, host: String, _ operation: GitOperation) -> GitError? {
    let remote = operation.remote
    if isValid || remote.insecureSkipTLSVerify { return nil }
    guard let bundle = remote.caBundle, !bundle.isEmpty else {
      return operation.failure(
        .certificateInvalid,
        "the certificate of \(host) is not signed by a CA that this machine trusts, has expired, or is for another name; "
          + "set caBundle to the CA's certificate")
    }
    guard bundle.utf8.count <= GitLimits.trustBytes else {
      return operation.failure(.limitExceeded, "caBundle has over \(GitLimits.trustBytes) bytes (limit trustBytes)")
    }
    do {
      let trusted = try PEMDocument.parseMultiple(pemString: bundle).map { try Certificate(pemDocument: $0) }
      let leaf = try Certificate(derEncoded: leaf)
      guard let reason = distrust(of: leaf, trusted: trusted, host: host) else { return nil }
      return operation.failure(.certificateInvalid, "the certificate of \(host) is not trusted by caBundle: \(reason)")
    } catch {
      return operation.failure(.certificateInvalid, "caBundle or the certificate of \(host) cannot be read: \(error)")
    }
  }

  private static func distrust(of leaf: Certificate, trusted: [Certificate], host: String) -> String? {
    let isAddress = isIPAddress(host)
    // The verifier is asynchronous though it only computes; this thread is libgit2's and may block.
    let outcome = Mutex<String?>("it could not be checked")
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      let reason = await verify(leaf, trusted: trusted, host: host, isAddress: isAddress)
      outcome.withLock { $0 = reason }
      done.signal()
    }
    done.wait()
    return outcome.withLock { $0 }
  }

  private static func verify(
    _ leaf: Certificate, trusted: [Certificate], host: String, isAddress: Bool
  ) async -> String? {
    let identity = ServerIdentityPolicy(serverHostname: isAddress ? nil : host, serverIP: isAddress ? host : nil)
    let intermediates = CertificateStore(trusted)
    let result: CertificateValidationResult
    if trusted.contains(leaf) {
      var verifier = Verifier(rootCertificates: CertificateStore([leaf])) {
        PinnedCertificatePolicy(leaf)
        identity
      }
      result = await verifier.validate(leaf: leaf, intermediates: intermediates)
    } else {
      var verifier = Verifier(rootCertificates: CertificateStore(trusted)) {
        RFC5280Policy()
        identity
      }
      result = await verifier.validate(leaf: leaf, intermediates: intermediates)
    }
    switch result {
    case .validCertificate: return nil
    case .couldNotValidate(let failures):
      let reasons = failures.map { "\($0.policyFailureReason)".prefix(300) }
      return reasons.isEmpty ? "no certificate of caBundle has signed it" : reasons.joined(separator: "; ")
    }
  }

  private static func isIPAddress(_ host: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
  }
}

/// A server's own certificate that a bundle holds is trusted as it is, though it is no CA, while it is valid.
private struct PinnedCertificatePolicy: VerifierPolicy {
  private let leaf: Certificate

  init(_ leaf: Certificate) {
    self.leaf = leaf
  }

  var verifyingCriticalExtensions: [ASN1ObjectIdentifier] { leaf.extensions.filter(\.critical).map(\.oid) }

  func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
    let now = Date()
    guard leaf.notValidBefore <= now, now <= leaf.notValidAfter else {
      return .failsToMeetPolicy(reason: "it has expired or is not valid yet")
    }
    return .meetsPolicy
  }
}
