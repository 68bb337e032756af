import Document

/// The file that `--targets-file` names: targets and restrictions for every bundle (fleet-behaviour §2.3, 8; §9.1).
public struct TargetsFile: Sendable, Hashable {
  /// Appended to each bundle's targets; they may have options.
  public var targets: [BundleTarget]
  /// Appended to each bundle's restrictions.
  public var restrictions: [GitTarget]

  /// Targets and restrictions.
  public init(targets: [BundleTarget] = [], restrictions: [GitTarget] = []) {
    self.targets = targets
    self.restrictions = restrictions
  }

  /// Reads a file in YAML or JSON.
  ///
  /// - Throws: ``FleetError`` with code `invalidDocument` or `invalidField` that names file, line and key.
  public init(parsing bytes: [UInt8], file: String) throws(FleetError) {
    var warnings: [BuildWarning] = []
    let documents = try ConfigurationText.parse(bytes, file: file, directory: "", warnings: &warnings)
    self.init()
    do {
      let reader = try FieldReader(documents.first)
      for target in try reader.objects("targets") ?? [] { targets.append(try BundleTarget(target)) }
      for restriction in try reader.objects("targetRestrictions") ?? [] {
        restrictions.append(try GitTarget(restriction))
      }
    } catch {
      let locator = KeyLocator(String(decoding: bytes, as: UTF8.self))
      throw error.located(file: file, line: error.key.flatMap { locator.line(of: $0) })
    }
  }
}
