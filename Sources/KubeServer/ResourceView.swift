import Document

/// A read-only subresource: a document about one object that is made when somebody asks, `GET .../NAME/VIEW`.
///
/// It is in discovery and in the OpenAPI documents, and is authorised as a `get` of the subresource. The object itself need not be
/// there: that is for the view to say.
public struct ResourceView: Sendable {
  /// What is asked.
  public struct Request: Sendable {
    /// The namespace of the object; empty where its kind has none.
    public var namespace: String
    /// The name of the object.
    public var name: String
    /// Query parameters, decoded; the last of equal names wins.
    public var query: [String: String]

    /// Makes a request.
    public init(namespace: String, name: String, query: [String: String] = [:]) {
      self.namespace = namespace
      self.name = name
      self.query = query
    }
  }

  /// The last segment of the path, in lower case.
  public var name: String
  /// The kind of the document, in the group and version of the object's.
  public var kind: String
  /// What it shows, for the OpenAPI documents.
  public var description: String
  /// The query parameters that it understands, each a text, with what they are for.
  public var parameters: [String: String]
  /// Makes the document; `apiVersion` and `kind` are set by the server. Throws ``KubeError``; another error is answered as
  /// `InternalError`. It has to end within the server's limit for requests, and is cancelled then.
  public var read: @Sendable (Request) async throws -> Value

  /// Describes a view.
  public init(
    name: String, kind: String, description: String, parameters: [String: String] = [:],
    read: @escaping @Sendable (Request) async throws -> Value
  ) {
    self.name = name
    self.kind = kind
    self.description = description
    self.parameters = parameters
    self.read = read
  }
}
