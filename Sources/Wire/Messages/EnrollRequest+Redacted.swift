/// A join token's secret must not reach a log through string interpolation or reflection.
extension EnrollRequest: CustomStringConvertible, CustomReflectable {
  /// The request without the token's secret.
  public var description: String { "EnrollRequest(tokenId: \(tokenId), clientId: \(clientId))" }
  /// The request without the token's secret.
  public var customMirror: Mirror { Mirror(self, children: ["tokenId": tokenId, "clientId": clientId]) }
}
