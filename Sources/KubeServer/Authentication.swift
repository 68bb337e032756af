/// Who is asking.
public struct UserInfo: Sendable, Hashable {
  /// Unique name.
  public var name: String
  /// Groups the user is a member of.
  public var groups: [String]

  /// Makes a user.
  public init(name: String, groups: [String] = []) {
    self.name = name
    self.groups = groups
  }
}

/// What a request would do, for authorisation.
public struct RequestAttributes: Sendable, Hashable {
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; lower-case HTTP method for other
  /// paths.
  public var verb = ""
  /// API group, empty for core.
  public var group = ""
  /// Plural resource; empty for other paths.
  public var resource = ""
  /// `status`, a view, or empty.
  public var subresource = ""
  /// Namespace; empty for all or none.
  public var namespace = ""
  /// Object name; empty for collections.
  public var name = ""
  /// The path, if it is no resource's.
  public var path = ""

  /// Empty attributes.
  public init() {}
}

/// Finds out who is asking from the request's headers (names in lower case); nil answers 401.
public typealias Authenticator = @Sendable (_ headers: [String: String]) async -> UserInfo?

/// Decides whether somebody may do something.
public typealias Authorizer = @Sendable (_ user: UserInfo, _ attributes: RequestAttributes) async -> Bool
