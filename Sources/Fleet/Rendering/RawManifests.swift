import Document

/// The manifests of a bundle that is neither a chart nor a kustomization (fleet-behaviour §5.4).
struct RawManifests {
  /// Files of `templates/`, for Helm to render.
  let templates: [ChartFile]
  /// The objects of all other files, in order of their names.
  let objects: [Value]

  /// - Throws: ``FleetError`` with code `invalidDocument` that names file and line, or `overlay`.
  init(_ files: BundleFiles, overlays: [String]) throws(FleetError) {
    let roots = RawManifests.separateRoots(files)
    var kept = files.all.filter { file in RawManifests.isManifest(file.path, roots: roots) }
    if !overlays.isEmpty { kept = try Overlays.apply(overlays, of: files, to: kept) }
    kept.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    templates = kept.filter { $0.path.hasPrefix("templates/") }
    var objects: [Value] = []
    for file in kept where !file.path.hasPrefix("templates/") { objects += try RawManifests.objects(in: file) }
    self.objects = objects
  }

  /// Directories below the root that are bundles or charts of their own.
  private static func separateRoots(_ files: BundleFiles) -> Set<String> {
    Set(
      files.all.compactMap { file in
        let name = Paths.base(file.path)
        let directory = Paths.directory(file.path)
        let begins = name == "Chart.yaml" || FleetYAML.fileNames.contains(name)
        return begins && !directory.isEmpty ? directory : nil
      })
  }

  private static func isManifest(_ path: String, roots: Set<String>) -> Bool {
    guard Paths.isYAML(path) || path.hasSuffix(".json"), !FleetYAML.fileNames.contains(Paths.base(path)) else {
      return false
    }
    guard !path.hasPrefix("overlays/"), !path.hasPrefix(".chart/") else { return false }
    guard !roots.isEmpty else { return true }
    var directory = Paths.directory(path)
    while !directory.isEmpty {
      if roots.contains(directory) { return false }
      directory = Paths.directory(directory)
    }
    return true
  }

  /// The objects in one file; documents without apiVersion or kind are dropped, lists are taken apart.
  static func objects(in file: ChartFile) throws(FleetError) -> [Value] {
    // JSON may be indented with tabs, which YAML does not take; what is no single JSON value is read as YAML.
    if file.path.hasSuffix(".json"), let value = try? JSON.parse(file.bytes, file: file.path) {
      return ManifestObjects.flatten(value)
    }
    let documents: [Value]
    do {
      documents = try YAML.parse(file.bytes, file: file.path)
    } catch {
      throw FleetError(
        .invalidDocument, error.message, file: file.path, line: error.line > 0 ? error.line : nil, cause: error)
    }
    return documents.flatMap { ManifestObjects.flatten($0) }
  }
}

/// Objects in documents.
public enum ManifestObjects {
  /// The objects of one document: itself, the items of a list, nothing where apiVersion or kind are missing.
  public static func flatten(_ document: Value) -> [Value] {
    guard let kind = document["kind"]?.string, !kind.isEmpty, document["apiVersion"]?.string?.isEmpty == false else {
      return []
    }
    guard kind.hasSuffix("List"), let items = document["items"]?.array else { return [document] }
    return items.flatMap { flatten($0) }
  }

  /// The objects of rendered YAML text.
  ///
  /// - Throws: ``FleetError`` with code `invalidDocument` that names file and line.
  public static func parse(_ text: String, file: String) throws(FleetError) -> [Value] {
    try RawManifests.objects(in: ChartFile(path: file, bytes: Array(text.utf8)))
  }
}
