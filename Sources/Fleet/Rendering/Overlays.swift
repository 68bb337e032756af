import Document

/// Overlays of raw YAML: files that are laid over others, and patches of them (fleet-behaviour §5.4).
enum Overlays {
  /// The files with every overlay laid over them, in order.
  ///
  /// - Throws: ``FleetError`` with code `overlay` that names the file.
  static func apply(
    _ overlays: [String], of files: BundleFiles, to base: [ChartFile]
  ) throws(FleetError) -> [ChartFile] {
    var contents = Dictionary(base.map { ($0.path, $0.bytes) }) { first, _ in first }
    for overlay in overlays {
      guard let name = Paths.resolve(overlay), !name.isEmpty else {
        throw FleetError(
          .overlay, "\"\(overlay)\" is not the name of a directory below overlays/", key: "yaml.overlays")
      }
      let layer = files.below("overlays/\(name)")
      guard !layer.isEmpty else {
        throw FleetError(
          .overlay, "there is no overlay \"\(overlay)\": the bundle has no files below overlays/\(name)",
          key: "yaml.overlays")
      }
      for file in layer {
        guard let target = patched(file.path) else {
          contents[file.path] = file.bytes
          continue
        }
        guard let existing = contents[target] else {
          throw FleetError(
            .overlay, "failed to find base file \(target) to patch", file: "overlays/\(name)/\(file.path)")
        }
        let patched = try patch(ChartFile(path: target, bytes: existing), with: file, overlay: name)
        contents[target] = patched
      }
    }
    return contents.filter { Paths.isYAML($0.key) || $0.key.hasSuffix(".json") }
      .map { ChartFile(path: $0.key, bytes: $0.value) }
  }

  /// The file that `<x>_patch.<extension>` patches; nil for other files.
  private static func patched(_ path: String) -> String? {
    let name = Paths.base(path)
    guard let dot = name.lastIndex(of: "."), name[..<dot].hasSuffix("_patch") else { return nil }
    return Paths.join(Paths.directory(path), String(name[..<dot].dropLast("_patch".count)) + name[dot...])
  }

  private static func patch(_ base: ChartFile, with patch: ChartFile, overlay: String) throws(FleetError) -> [UInt8] {
    let file = "overlays/\(overlay)/\(patch.path)"
    do {
      let documents = try YAML.parse(base.bytes, file: base.path)
      guard let change = try YAML.parse(patch.bytes, file: file).first else { return base.bytes }
      guard let target = documents.first, documents.count == 1 else {
        throw FleetError(
          .overlay, "can only patch a file of one document, and \(base.path) has \(documents.count)", file: file)
      }
      let result: Value
      if change.array != nil {
        result = try JSONPatch(change).apply(to: target)
      } else if let schema = PatchSchemas.schema(for: target) {
        result = try StrategicMerge.apply(change, to: target, schema: schema)
      } else {
        result = target.applyingMergePatch(change)
      }
      return Array(YAML.emit(result).utf8)
    } catch let error as FleetError {
      throw error
    } catch {
      throw FleetError(.overlay, "cannot be applied to \(base.path): \(error)", file: file, cause: error)
    }
  }
}
