import CHelm
import Document

extension PullRequest {
  /// Where a login cannot leave the password: the kernel makes no such folder.
  private static let nowhere = "/proc/none/registry.json"

  /// Lets Helm pull from an OCI registry into the child's folder.
  func fromRegistry(_ reference: String, host: String, _ library: HelmLibrary) throws {
    var options: Value = [
      "plain_http": .bool(credentials.plainHTTP), "credentials_file": .string(Self.nowhere),
    ]
    if !credentials.username.isEmpty || !credentials.password.isEmpty {
      options["username"] = .string(credentials.username)
      options["password"] = .string(credentials.password)
    }
    let client = try call { try library.handle("") { chelm_registry_client($0, JSON.string(options)) } }
    defer { library.release(client) }
    if credentials.insecureSkipTLSVerify, !credentials.plainHTTP {
      // The library skips the check for a client that tried to log in, whatever came of that: the pull will tell.
      _ = try? library.call("") {
        chelm_registry_login($0, client, host, credentials.username, credentials.password, "{\"insecure\":true}")
      }
    }
    let pulling: Value = [
      "dest_dir": .string(directory + "/chart"), "version": .string(pull.version),
      "plain_http": .bool(credentials.plainHTTP),
    ]
    do {
      _ = try library.call("") { chelm_pull($0, client, reference, JSON.string(pulling)) }
    } catch let error as HelmError {
      let known = failure.error(error.message)
      // Other failures are "not found" too: that of a credential, for example.
      throw known.code == .repositoryFailed && PullFailure.isNotFound(error.message)
        ? missing(reference, client, library) : known
    }
  }

  /// A registry says "not found" of a chart and of a version alike: its tags tell which.
  private func missing(_ reference: String, _ client: chelm_handle, _ library: HelmLibrary) -> HelmError {
    do {
      let tags = try LibraryText.decoded(library.call("") { chelm_registry_tags($0, client, reference) }, doing: "")
      return failure.missingVersion(among: (tags.array ?? []).compactMap(\.string))
    } catch {
      return failure.make(.chartNotFound, "the registry has no such chart: correct chart or repo")
    }
  }
}
