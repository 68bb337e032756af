/// Why a deployment did not succeed, and what that means for the next attempt (fleet-behaviour §5.6).
struct DeploymentFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What the next attempt depends on.
  enum Kind: String, Sendable, Hashable {
    /// May go away by itself: tried again with growing pauses.
    case transient
    /// The cluster does not answer: tried again with short pauses, for as long as it takes.
    case unreachable
    /// Other deployments have to come first: tried again when one of them changes.
    case dependency
    /// Objects that were removed are still there, held by finalizers: looked at again with short pauses, until they are gone.
    case leaving
    /// The same version would fail in the same way: not tried again before the version changes.
    case final
    /// As `final`, in Fleet's words: the version counts as applied, but is not installed (state NotReady).
    case notInstalled
  }

  /// What the next attempt depends on.
  let kind: Kind
  /// What failed, naming the file or object.
  let message: String

  /// The message.
  var description: String { message }
}
