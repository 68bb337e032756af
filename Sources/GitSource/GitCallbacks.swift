import CGit2
import Foundation

/// The functions that libgit2 calls during an operation. The payload is the operation, which outlives the call.
enum GitCallbacks {
  /// Fills in all callbacks for an operation.
  static func install(_ callbacks: inout git_remote_callbacks, for operation: GitOperation) {
    callbacks.payload = Unmanaged.passUnretained(operation).toOpaque()
    callbacks.sideband_progress = { _, _, payload in
      guard let operation = GitCallbacks.operation(payload) else { return -1 }
      operation.received(0)
      return operation.stopped == nil ? 0 : -1
    }
    callbacks.transfer_progress = { progress, payload in
      guard let operation = GitCallbacks.operation(payload), let progress = progress?.pointee else { return -1 }
      return GitCallbacks.transfer(progress, operation)
    }
    callbacks.credentials = { out, _, user, allowed, payload in
      guard let operation = GitCallbacks.operation(payload), let out else { return -1 }
      return GitCallbacks.credentials(out, user: user.map { String(cString: $0) }, allowed: allowed, operation)
    }
    callbacks.certificate_check = { certificate, valid, host, payload in
      guard let operation = GitCallbacks.operation(payload), let certificate, let host else { return -1 }
      return GitCallbacks.check(certificate, isValid: valid != 0, host: String(cString: host), operation)
    }
  }

  private static func operation(_ payload: UnsafeMutableRawPointer?) -> GitOperation? {
    payload.map { Unmanaged<GitOperation>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func transfer(_ progress: git_indexer_progress, _ operation: GitOperation) -> Int32 {
    operation.received(0)
    if progress.received_bytes > operation.limits.fetchBytes {
      operation.exceed("fetchBytes", "the server sends more than \(operation.limits.fetchBytes) bytes")
    }
    if Int(progress.total_objects) > operation.limits.fetchObjects {
      operation.exceed("fetchObjects", "the server sends \(progress.total_objects) objects")
    }
    return operation.stopped == nil ? 0 : -1
  }

  private static func credentials(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>, user: String?, allowed: UInt32,
    _ operation: GitOperation
  ) -> Int32 {
    let remote = operation.remote
    if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 {
      if case .basic(let username, _) = remote.credentials { return git_credential_username_new(out, username) }
      return git_credential_username_new(out, remote.url.user ?? "git")
    }
    switch remote.credentials {
    case .none:
      if let user = remote.url.user, let password = remote.url.password,
        allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0, operation.mayOfferCredentials()
      {
        return git_credential_userpass_plaintext_new(out, user, password)
      }
      return refuse("the server wants credentials and there are none; name a secret with them", operation)
    case .basic(let username, let password):
      guard allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else {
        return refuse("the server does not accept a user name and password", operation)
      }
      guard operation.mayOfferCredentials() else {
        return refuse("the server refuses the user name and password", operation)
      }
      return git_credential_userpass_plaintext_new(out, username, password)
    case .ssh(let key, let passphrase):
      guard allowed & GIT_CREDENTIAL_SSH_MEMORY.rawValue != 0 else {
        return refuse("the server does not accept an SSH key", operation)
      }
      guard let text = SSHKeyAdvice.normalized(key) else {
        return refuse("the SSH private key is not in PEM or OpenSSH format", operation)
      }
      guard operation.mayOfferCredentials() else { return refuse(SSHKeyAdvice.refused(text), operation) }
      return git_credential_ssh_key_memory_new(out, user ?? remote.url.user ?? "git", nil, text, passphrase)
    }
  }

  private static func refuse(_ reason: String, _ operation: GitOperation) -> Int32 {
    operation.note(operation.failure(.authenticationFailed, reason))
    git_error_set_str(Int32(GIT_ERROR_CALLBACK.rawValue), reason)
    return GIT_EAUTH.rawValue
  }

  private static func check(
    _ certificate: UnsafeMutablePointer<git_cert>, isValid: Bool, host: String, _ operation: GitOperation
  ) -> Int32 {
    let memory = UnsafeMutableRawPointer(certificate)
    let failure: GitError?
    if certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 {
      let key = memory.assumingMemoryBound(to: git_cert_hostkey.self).pointee
      failure = HostKeyCheck.failure(of: key.hostkey.map { Data(bytes: $0, count: key.hostkey_len) }, operation)
    } else if certificate.pointee.cert_type == GIT_CERT_X509 {
      let x509 = memory.assumingMemoryBound(to: git_cert_x509.self).pointee
      let der = x509.data.map { Array(UnsafeRawBufferPointer(start: $0, count: x509.len)) } ?? []
      failure = ServerCertificateCheck.failure(of: der, isValid: isValid, host: host, operation)
    } else {
      failure = operation.failure(.certificateInvalid, "the server presents a certificate of an unknown kind")
    }
    guard let failure else { return 0 }
    operation.note(failure)
    git_error_set_str(Int32(GIT_ERROR_CALLBACK.rawValue), failure.message)
    return GIT_ECERTIFICATE.rawValue
  }
}
