import Document

/// Reads the YAML of a fleet.yaml or a values file within ``Limits/configurationBytes``.
enum ConfigurationText {
  /// The documents of a file. A key that is set twice is a warning, and the last one counts, as for Fleet.
  ///
  /// - Throws: ``FleetError`` with code `invalidDocument` that names file and line.
  static func parse(
    _ bytes: [UInt8], file: String, directory: String, warnings: inout [BuildWarning]
  ) throws(FleetError) -> [Value] {
    let limits = DocumentLimits(bytes: Limits.configurationBytes)
    do throws(DocumentError) {
      do throws(DocumentError) {
        return try YAML.parse(bytes, file: file, limits: limits)
      } catch {
        guard error.code == .duplicateKey else { throw error }
        let documents = try YAML.parse(bytes, file: file, limits: limits, duplicateKeys: .lastWins)
        warnings.append(
          BuildWarning(
            path: directory, file: file, line: error.line > 0 ? error.line : nil,
            message: "\(error.message); the last one counts"))
        return documents
      }
    } catch {
      throw FleetError(
        .invalidDocument, error.message, file: file, line: error.line > 0 ? error.line : nil, cause: error)
    }
  }
}
