import Logging

/// One request, independent of the HTTP library: what the verbs see.
struct APIRequest: Sendable {
  let method: String
  let path: String
  let query: Query
  /// Names in lower case.
  let headers: [String: String]
  let body: [UInt8]
  var user = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])
  let logger: Logger

  /// Path segments, percent-decoded.
  var segments: [String] {
    path.split(separator: "/").map { PercentCoding.decode($0) }
  }

  /// `fieldManager`, or the client's name as its user agent gives it.
  func fieldManager() throws(KubeError) -> String {
    if let manager = query["fieldManager"] {
      guard manager.count <= Limits.fieldManagerCharacters,
        manager.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 })
      else {
        throw KubeError.badRequest(
          "fieldManager must be printable and at most \(Limits.fieldManagerCharacters) characters long")
      }
      return manager
    }
    let agent = headers["user-agent"]?.split(separator: "/").first ?? "unknown"
    return String(agent.prefix(Limits.fieldManagerCharacters))
  }

  /// Whether `dryRun=All` was asked; anything else in it is refused.
  func isDryRun() throws(KubeError) -> Bool {
    let values = query.all("dryRun").filter { !$0.isEmpty }
    guard let first = values.first else { return false }
    guard first == "All", values.count == 1 else {
      throw KubeError.badRequest("dryRun=\(values.joined(separator: ",")) is not supported; the only value is All")
    }
    return true
  }

  /// The `fieldValidation` parameter; `Warn` where nothing is said.
  func fieldValidation() throws(KubeError) -> FieldValidation {
    guard let text = query["fieldValidation"] else { return .warn }
    guard let level = FieldValidation(rawValue: text) else {
      throw KubeError.badRequest("fieldValidation=\(text) is not supported; use Ignore, Warn or Strict")
    }
    return level
  }

  /// The representation that the client accepts.
  func representation() throws(KubeError) -> Representation {
    try Representation.negotiate(accept: headers["accept"], query: query)
  }
}
