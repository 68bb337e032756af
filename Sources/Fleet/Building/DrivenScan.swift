/// How the bundles of a user-driven scan are written on the command line: `base`, or `base<separator>options`
/// (fleet-behaviour §2.6).
public enum DrivenScan {
  /// The separator where none is given.
  public static let defaultSeparator = ":"
  /// What a separator is chosen from, in order.
  static let separators = [":", ",", "|", "?", "<", ">"]

  /// Reads one bundle.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when the separator is empty, or there more than once.
  public static func parse(
    _ text: String, separator: String = defaultSeparator
  ) throws(FleetError) -> GitRepoSpec.BundlePath {
    guard !separator.isEmpty else {
      throw FleetError(.invalidField, "the separator of a driven scan must not be empty")
    }
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count <= 2 else {
      throw FleetError(
        .invalidField,
        "\"\(text)\" has the separator \"\(separator)\" more than once; choose another one with --driven-scan-sep")
    }
    return GitRepoSpec.BundlePath(base: String(parts.first ?? ""), options: parts.count > 1 ? String(parts[1]) : "")
  }

  /// A separator that occurs in no path of these bundles.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` when all of them do.
  public static func separator(for bundles: [GitRepoSpec.BundlePath]) throws(FleetError) -> String {
    for separator in separators
    where bundles.allSatisfy({ !$0.base.contains(separator) && !$0.options.contains(separator) }) { return separator }
    throw FleetError(
      .invalidField, "each of \(separators.joined(separator: " ")) occurs in the paths of the bundles; rename one",
      key: "spec.bundles")
  }
}
