import Document
import Fleet

/// What a ClusterRegistrationToken's annotations say of those who join with it.
struct JoinTokenTerms: Sendable, Hashable {
  /// The annotation that says how many agents may join: a number from 1 on.
  static let maxUsesAnnotation = "flotilla.io/max-uses"
  /// The annotation that has everybody who joins wait for an approval: `true` or `false`.
  static let approvalAnnotation = "flotilla.io/require-approval"

  /// How many agents may join; nil for any number.
  var maxUses: Int?
  /// Whether somebody has to approve each.
  var requiresApproval = false

  /// The terms of a token, or what is wrong with them: then nobody joins.
  static func read(_ token: Value) -> Result<JoinTokenTerms, ManagerError> {
    var terms = JoinTokenTerms()
    let annotations = token.at("metadata", "annotations")
    if let text = annotations?[maxUsesAnnotation]?.string {
      guard let number = Int(text), (1...Limits.tokenUses).contains(number) else {
        return .failure(
          ManagerError(
            .invalid,
            "the annotation \(maxUsesAnnotation) is \"\(text.prefix(40))\", and nobody can join: it takes a number from 1 to"
              + " \(Limits.tokenUses)"))
      }
      terms.maxUses = number
    }
    switch annotations?[approvalAnnotation]?.string {
    case nil, "false": break
    case "true": terms.requiresApproval = true
    case let text?:
      return .failure(
        ManagerError(
          .invalid,
          "the annotation \(approvalAnnotation) is \"\(text.prefix(40))\", and nobody can join: it takes true or false")
      )
    }
    return .success(terms)
  }
}
